"""The rotator on GCP: one function for all secrets of an environment, its account and its log."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from keystead.gcp import role_policy
from keystead.gcp.build import Build, BuildArgs
from keystead.gcp.grants import condition_args
from keystead.gcp.triggers import Triggers
from keystead.gcp.trust import service_account
from keystead.model.gcp.scope import GcpScope
from keystead.spec.environment import EnvironmentSpec

RUNTIME = "python313"
TIMEOUT_SECONDS = 540
"""For a whole rotation, or a sweep over every secret; less than the 600 s that Pub/Sub waits for an answer."""
MEMORY = "256M"


@dataclass(frozen=True)
class RotatorArgs:
    """What the rotator needs to know of its environment."""

    scope: GcpScope
    spec: EnvironmentSpec


class Rotator(pulumi.ComponentResource):
    """The rotator of one environment: a function, its account, log, topic, dead letters and sweep.

    It exists before the first secret: Secret Manager publishes a message for each secret that is created and each
    rotation that is due, Pub/Sub pushes it to the function, and the function adds the first value or the next one. On
    AWS the service calls the function step by step and retries a failed rotation; here one call does all steps, Pub/Sub
    repeats it until it succeeds, and the hourly sweep handles messages that were lost. The sweep also ends overlaps and
    reminds people of the secrets they provide. Neither messages nor log contain values, so Google's own keys encrypt
    them.
    """

    function: pulumi.Output[str]
    """Name of the rotator's function."""
    email: pulumi.Output[str]
    """E-mail address of the rotator's account."""
    topic: pulumi.Output[str]
    """Path of the topic that Secret Manager publishes rotations to."""
    log_bucket: pulumi.Output[str]
    """Path of the log bucket that keeps the rotator's log."""
    dead_letters: pulumi.Output[str]
    """Path of the subscription that keeps messages which failed for good."""
    ready: list[pulumi.Resource]
    """What a secret needs for its first value."""

    def __init__(self, name: str, args: RotatorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:Rotation", name, None, opts)
        self._scope, self._spec = args.scope, args.spec
        self._child = pulumi.ResourceOptions(parent=self)
        triggers = Triggers(args.scope, self)
        account, rights = self._account()
        function = self._function(account, rights)
        called = triggers.call(function)
        self.function, self.email = function.name, account.email
        self.topic, self.dead_letters = triggers.topic.id, triggers.dead_letters.id
        self.log_bucket = self._log()
        self.ready = [triggers.announces, *rights, called]
        self.register_outputs(
            {
                "function": self.function,
                "email": self.email,
                "topic": self.topic,
                "log_bucket": self.log_bucket,
                "dead_letters": self.dead_letters,
            }
        )

    def _account(self) -> tuple[gcp.serviceaccount.Account, list[pulumi.Resource]]:
        """The account the function runs as, and its rights, which must exist before there is a secret to rotate."""
        scope = self._scope
        account = service_account(scope, "rotator", "Runs the rotator's function", self._child)
        rights: list[pulumi.Resource] = [
            gcp.projects.IAMMember(
                "rotator" if grant.condition else grant.label,
                project=scope.project,
                role=grant.role,
                member=grant.member,
                condition=condition_args(grant.condition),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[account]),
            )
            for grant in role_policy.rotator(scope, scope.account_member("rotator"))
        ]
        keys = [
            gcp.serviceaccount.IAMMember(
                f"keys-of-{email}",
                service_account_id=f"projects/{scope.project}/serviceAccounts/{email}",
                role=role_policy.ROTATE_ACCOUNT_KEYS,
                member=account.member,
                opts=self._child,
            )
            for email in role_policy.rotated_accounts(self._spec)
        ]
        return account, [*rights, *keys]

    def _function(
        self, account: gcp.serviceaccount.Account, rights: list[pulumi.Resource]
    ) -> gcp.cloudfunctionsv2.Function:
        scope = self._scope
        build = Build("build", BuildArgs(scope, self._spec), self._child)
        return gcp.cloudfunctionsv2.Function(
            "rotator",
            name=scope.rotator_function,
            location=scope.region,
            description=f"Rotates the secrets of {scope.environment}",
            build_config=gcp.cloudfunctionsv2.FunctionBuildConfigArgs(
                runtime=RUNTIME,
                entry_point=build.handler,
                service_account=build.account,
                source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceArgs(
                    storage_source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceStorageSourceArgs(
                        bucket=build.bucket, object=build.source
                    )
                ),
            ),
            service_config=gcp.cloudfunctionsv2.FunctionServiceConfigArgs(
                service_account_email=account.email,
                available_memory=MEMORY,
                timeout_seconds=TIMEOUT_SECONDS,
                max_instance_count=10,
                ingress_settings="ALLOW_INTERNAL_ONLY",
                all_traffic_on_latest_revision=True,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*build.ready, *rights]),
        )

    def _log(self) -> pulumi.Output[str]:
        """Keep the function's log as long as the tier requires; its bucket outlives the environment, as records do."""
        scope = self._scope
        bucket = gcp.logging.ProjectBucketConfig(
            "rotator",
            project=scope.project,
            location=scope.location,
            bucket_id=scope.rotator_log,
            description=f"Log of the rotator of {scope.environment}",
            retention_days=self._spec.defaults.log_retention.days,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        gcp.logging.ProjectSink(
            "rotator",
            name=scope.rotator_log,
            project=scope.project,
            description=f"Log of the rotator of {scope.environment}",
            destination=pulumi.Output.concat("logging.googleapis.com/", bucket.id),
            filter=f'resource.type="cloud_run_revision" AND resource.labels.service_name="{scope.rotator_function}"',
            opts=self._child,
        )
        return bucket.id
