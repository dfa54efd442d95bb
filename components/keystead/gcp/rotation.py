"""Rotation on GCP, which GCP itself only announces: a topic, one function for all secrets, its sweep and its log."""

import base64
import json
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from keystead.gcp import role_policy
from keystead.gcp.build import Build, BuildArgs
from keystead.gcp.grants import condition_args
from keystead.gcp.services import agent
from keystead.model.gcp.scope import GcpScope
from keystead.packaging import contract
from keystead.spec.environment import EnvironmentSpec

RUNTIME = "python313"
TIMEOUT_SECONDS = 540
"""For a whole rotation, or a sweep over every secret; below the 600 s that Pub/Sub waits for an answer at most."""
MEMORY = "256M"
ATTEMPTS = 10
"""Deliveries of a message before it is a dead letter; with growing pauses some 40 minutes. IAM says that a grant takes
seven minutes or more to hold everywhere, so that the first ones may be refused. The sweep makes up for the rest."""
INVOKE = "roles/run.invoker"
PUBLISH = "roles/pubsub.publisher"
IDENTIFY = "roles/iam.serviceAccountOpenIdTokenCreator"
"""Makes identity tokens of one account; the agent of Pub/Sub has that by itself in projects younger than April 2021."""


@dataclass(frozen=True)
class RotationArgs:
    """What the rotation needs to know of its environment."""

    scope: GcpScope
    spec: EnvironmentSpec


class Rotation(pulumi.ComponentResource):
    """The rotator of one environment: a function, its account, log, topic, dead letters and sweep.

    It is there before the first secret: Secret Manager tells the topic of each secret that is made and of each rotation
    that is due, Pub/Sub pushes that to the function, which gives the secret its first value or the next one. On AWS the
    service calls the function step by step and tries a failed rotation again; here one call takes all steps, Pub/Sub
    repeats it until it succeeds, and the hourly sweep makes up for what was lost. The sweep also ends overlaps and
    reminds of secrets that people bring. Neither messages nor log hold values, so that Google's own keys encrypt them.
    """

    function: pulumi.Output[str]
    """Name of the rotator's function."""
    email: pulumi.Output[str]
    """E-mail address of the rotator's account."""
    topic: pulumi.Output[str]
    """Path of the topic secrets announce their rotation on."""
    log_bucket: pulumi.Output[str]
    """Path of the log bucket that keeps the rotator's log."""
    dead_letters: pulumi.Output[str]
    """Path of the subscription that keeps messages which failed for good."""
    ready: list[pulumi.Resource]
    """What a secret needs for its first value."""

    def __init__(self, name: str, args: RotationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:Rotation", name, None, opts)
        self._scope, self._spec = args.scope, args.spec
        self._child = pulumi.ResourceOptions(parent=self)
        topic, announces = self._topic()
        letters, kept, moves = self._dead_letters()
        account, rights = self._account()
        function = self._function(account, rights)
        pushed = self._push(topic, letters, function, [kept, moves])
        self._sweep(function)
        self.function, self.email = function.name, account.email
        self.topic, self.dead_letters = topic.id, kept.id
        self.log_bucket = self._log()
        self.ready = [announces, *rights, pushed]
        self.register_outputs(
            {
                "function": self.function,
                "email": self.email,
                "topic": self.topic,
                "log_bucket": self.log_bucket,
                "dead_letters": self.dead_letters,
            }
        )

    def _topic(self) -> tuple[gcp.pubsub.Topic, pulumi.Resource]:
        """The topic, to which Secret Manager publishes, and an administrator who rotates at once."""
        topic = gcp.pubsub.Topic("rotation", name=self._scope.rotation_topic, opts=self._child)
        self._publisher("administrator", topic, self._scope.account_member("administrator"))
        return topic, self._publisher("secretmanager", topic, agent(self._scope, "secretmanager"))

    def _publisher(self, name: str, topic: gcp.pubsub.Topic, member: str) -> pulumi.Resource:
        return gcp.pubsub.TopicIAMMember(
            name, topic=topic.name, project=self._scope.project, role=PUBLISH, member=member, opts=self._child
        )

    def _dead_letters(self) -> tuple[gcp.pubsub.Topic, gcp.pubsub.Subscription, pulumi.Resource]:
        """The topic messages are moved to when they are given up, the subscription that keeps them, and who moves."""
        scope = self._scope
        topic = gcp.pubsub.Topic("dead-letters", name=scope.dead_letters, opts=self._child)
        kept = gcp.pubsub.Subscription(
            "dead-letters",
            name=scope.dead_letters,
            topic=topic.id,
            message_retention_duration=f"{7 * 86400}s",
            expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=""),
            opts=self._child,
        )
        return topic, kept, self._publisher("dead-letters", topic, agent(scope, "pubsub"))

    def _account(self) -> tuple[gcp.serviceaccount.Account, list[pulumi.Resource]]:
        """The account the function runs as, with every right a rotation needs before there is a secret to rotate."""
        scope = self._scope
        account = self._service_account("rotator", "Runs the rotator's function")
        rights: list[pulumi.Resource] = [
            gcp.projects.IAMMember(
                "rotator",
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

    def _service_account(self, role: str, text: str) -> gcp.serviceaccount.Account:
        return gcp.serviceaccount.Account(
            role,
            account_id=self._scope.account_id(role),
            project=self._scope.project,
            display_name=f"{self._scope.environment} {role}",
            description=text,
            opts=self._child,
        )

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

    def _caller(
        self, role: str, text: str, function: gcp.cloudfunctionsv2.Function
    ) -> tuple[gcp.serviceaccount.Account, pulumi.Resource]:
        """An account that may call the function and nothing else, and the grant that lets it."""
        account = self._service_account(role, text)
        invoker = gcp.cloudrunv2.ServiceIamMember(
            role,
            name=function.name,
            location=self._scope.region,
            project=self._scope.project,
            role=INVOKE,
            member=account.member,
            opts=self._child,
        )
        return account, invoker

    def _push(
        self,
        topic: gcp.pubsub.Topic,
        letters: gcp.pubsub.Topic,
        function: gcp.cloudfunctionsv2.Function,
        needs: list[pulumi.Resource],
    ) -> pulumi.Resource:
        scope = self._scope
        account, invoker = self._caller("rotation-push", "Calls the rotator with messages", function)
        address = _address(function)
        token = gcp.serviceaccount.IAMMember(
            "rotation-push",
            service_account_id=account.name,
            role=IDENTIFY,
            member=agent(scope, "pubsub"),
            opts=self._child,
        )
        subscription = gcp.pubsub.Subscription(
            "rotator",
            name=scope.rotator_subscription,
            topic=topic.id,
            filter='attributes.eventType = "SECRET_CREATE" OR attributes.eventType = "SECRET_ROTATE"',
            ack_deadline_seconds=600,
            expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=""),
            retry_policy=gcp.pubsub.SubscriptionRetryPolicyArgs(minimum_backoff="10s", maximum_backoff="600s"),
            dead_letter_policy=gcp.pubsub.SubscriptionDeadLetterPolicyArgs(
                dead_letter_topic=letters.id, max_delivery_attempts=ATTEMPTS
            ),
            push_config=gcp.pubsub.SubscriptionPushConfigArgs(
                push_endpoint=address,
                oidc_token=gcp.pubsub.SubscriptionPushConfigOidcTokenArgs(
                    service_account_email=account.email, audience=address
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*needs, invoker, token]),
        )
        return gcp.pubsub.SubscriptionIAMMember(
            "dead-letters",
            subscription=subscription.name,
            project=scope.project,
            role="roles/pubsub.subscriber",
            member=agent(scope, "pubsub"),
            opts=self._child,
        )

    def _sweep(self, function: gcp.cloudfunctionsv2.Function) -> None:
        account, invoker = self._caller("rotation-sweep", "Calls the rotator every hour", function)
        address = _address(function)
        gcp.cloudscheduler.Job(
            "sweep",
            name=self._scope.sweep_schedule,
            region=self._scope.region,
            description="Ends overlaps, makes missing values, reports late rotations and reminds of those due by hand",
            schedule="0 * * * *",
            time_zone="Etc/UTC",
            attempt_deadline="600s",
            retry_config=gcp.cloudscheduler.JobRetryConfigArgs(retry_count=2, min_backoff_duration="60s"),
            http_target=gcp.cloudscheduler.JobHttpTargetArgs(
                uri=address,
                http_method="POST",
                headers={"Content-Type": "application/json"},
                body=base64.b64encode(json.dumps(dict(contract.SWEEP_EVENT)).encode()).decode(),
                oidc_token=gcp.cloudscheduler.JobHttpTargetOidcTokenArgs(
                    service_account_email=account.email, audience=address
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[invoker]),
        )

    def _log(self) -> pulumi.Output[str]:
        """The log of the function for as long as the tier asks; its bucket outlives the environment, as records do."""
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


def _address(function: gcp.cloudfunctionsv2.Function) -> pulumi.Output[str]:
    """The function's address on Cloud Run: only there do calls of Google's services count as internal ones.

    Source: Cloud Run guide, "Restrict network ingress".
    """
    return function.service_config.apply(lambda service: str(service.uri) if service else "")
