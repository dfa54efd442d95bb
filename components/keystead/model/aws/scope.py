"""Names and tags of everything one environment owns on AWS. Components take names from nowhere else."""

from dataclasses import dataclass
from typing import ClassVar

from keystead.model.alarms import Alarm
from keystead.model.aws.regions import domain_of, partition_of
from keystead.model.clouds import Cloud
from keystead.model.scope import Scope

ENVIRONMENT_TAG = "keystead:environment"
"""Tag that every resource and role of an environment carries."""
OWNER_TAG = "keystead:owner"
"""Tag that names the team responsible for a resource."""
ROTATION_TAG = "keystead:rotation"
"""Tag of a secret that the rotator does not rotate; none on all others."""
MOVED = {ROTATION_TAG: "copy"}
"""Tag of secrets whose values are kept under another name too, and rotated there."""
BY_HAND = {ROTATION_TAG: "manual"}
"""Tags of a secret whose value a person provides; the administrator's right to write a value rests on them."""


@dataclass(frozen=True, kw_only=True)
class AwsScope(Scope):
    """Where an environment lives on AWS and what its parts are called there."""

    cloud: ClassVar[Cloud] = "aws"
    home_kind: ClassVar[str] = "account"
    region_kind: ClassVar[str] = "region"
    alarms: ClassVar[tuple[Alarm, ...]] = (Alarm.FAILED, Alarm.LATE, Alarm.DUE, Alarm.UNWATCHED)

    account: str
    """AWS account, 12 digits."""
    region: str
    """AWS region of the originals; replicas are in other regions."""
    replicas: tuple[str, ...] = ()
    """Other regions, with replicas of secrets and of the keys that encrypt them."""

    @property
    def home(self) -> str:
        """The account."""
        return self.account

    @property
    def regions(self) -> tuple[str, ...]:
        """Every region of the environment, that of the originals first."""
        return (self.region, *self.replicas)

    @property
    def partition(self) -> str:
        """First part of the region's ARNs: `aws`, `aws-cn`, `aws-us-gov`."""
        return partition_of(self.region)

    @property
    def domain(self) -> str:
        """Domain of service names in the region: `amazonaws.com`, in China `amazonaws.com.cn`."""
        return domain_of(self.region)

    @property
    def root_arn(self) -> str:
        """Principal that stands for the whole account in policies."""
        return f"arn:{self.partition}:iam::{self.account}:root"

    def secret_name(self, name: str) -> str:
        """Name of a secret in Secrets Manager."""
        return f"{self.environment}/{name}"

    def secret_arn_pattern(self, name: str, region: str | None = None) -> str:
        """ARN pattern of one secret: six random characters follow the name, and each `?` matches exactly one."""
        return (
            f"arn:{self.partition}:secretsmanager:{region or self.region}:{self.account}"
            f":secret:{self.secret_name(name)}-??????"
        )

    def key_alias(self, name: str) -> str:
        """Alias of a KMS key, in the region of the key and of every replica."""
        return f"alias/{self.environment}/{name}"

    def key_alias_arns(self) -> list[str]:
        """ARN patterns of every alias of the environment, one for each region."""
        return [f"arn:{self.partition}:kms:{region}:{self.account}:{self.key_alias('*')}" for region in self.regions]

    def key_reference(self, name: str) -> str:
        """Alias of a KMS key."""
        return self.key_alias(name)

    def role_arn(self, role: str) -> str:
        """ARN of one of this environment's roles, from its full name."""
        return f"arn:{self.partition}:iam::{self.account}:role/{role}"

    def reader_role(self, reader: str) -> str:
        """Role of one workload; it reads each secret that names this reader."""
        return f"{self.environment}-{reader}-reader"

    def reader_account(self, reader: str) -> str:
        """Role of one workload."""
        return self.reader_role(reader)

    @property
    def rotator_role(self) -> str:
        """Role the rotator runs as."""
        return f"{self.environment}-rotator"

    @property
    def administrator_role(self) -> str:
        """Role that manages keys and secrets and reads no value."""
        return f"{self.environment}-administrator"

    @property
    def auditor_role(self) -> str:
        """Role that reads settings and records, never a value."""
        return f"{self.environment}-auditor"

    @property
    def break_glass_role(self) -> str:
        """Role for emergencies, exempt from restrictions."""
        return f"{self.environment}-break-glass"

    @property
    def scheduler_role(self) -> str:
        """Role in which the schedule calls the rotator."""
        return f"{self.environment}-scheduler"

    @property
    def rotator_function_arn(self) -> str:
        """ARN of the rotator's function, known before it exists."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.rotator_function}"

    @property
    def rotator_log(self) -> str:
        """Log group of the rotator's function."""
        return f"/aws/lambda/{self.rotator_function}"

    @property
    def dead_letters(self) -> str:
        """Queue of events that the rotator could not handle."""
        return f"{self.environment}-rotator-dead-letters"

    @property
    def dead_letters_arn(self) -> str:
        """ARN of that queue, known before it exists."""
        return f"arn:{self.partition}:sqs:{self.region}:{self.account}:{self.dead_letters}"

    @property
    def alerts_topic(self) -> str:
        """Topic that alarms are published to."""
        return f"{self.environment}-alerts"

    @property
    def schedule_group(self) -> str:
        """Group of the sweep's schedule."""
        return f"{self.environment}-rotation"

    @property
    def metric_namespace(self) -> str:
        """Namespace of the metrics counted in the rotator's log."""
        return f"Keystead/{self.environment}"

    def labels(self, owner: str | None = None) -> dict[str, str]:
        """Tags of one resource."""
        return {f"keystead:{key}": value for key, value in self._marks(owner).items()}
