"""What calls the rotator on GCP: messages of Secret Manager, which Pub/Sub delivers, and an hourly sweep."""

import base64
import json
from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from keystead.gcp.grants import agent
from keystead.gcp.trust import service_account
from keystead.model.gcp.scope import GcpScope
from keystead.packaging import contract

ATTEMPTS = 10
"""Deliveries of a message before it becomes a dead letter, about 40 minutes with growing pauses. A grant of IAM takes
effect everywhere after seven minutes or more, so the first ones may be refused. The sweep handles what is lost."""
INVOKE = "roles/run.invoker"
PUBLISH = "roles/pubsub.publisher"
IDENTIFY = "roles/iam.serviceAccountOpenIdTokenCreator"
"""Creates identity tokens of one account; the agent of Pub/Sub may do so in all projects created since April 2021."""


class Triggers:
    """The topic, the dead letters, the subscription that calls the function, and the sweep; all children of `parent`.

    The topic exists before the function does, since the function's role and secrets refer to it; `call` connects them.
    """

    def __init__(self, scope: GcpScope, parent: pulumi.Resource) -> None:
        self._scope = scope
        self._parent = parent
        self._child = pulumi.ResourceOptions(parent=parent)
        self.topic = gcp.pubsub.Topic("rotation", name=scope.rotation_topic, opts=self._child)
        self._publisher("administrator", self.topic, scope.account_member("administrator"))
        self.announces = self._publisher("secretmanager", self.topic, agent(scope, "secretmanager"))
        """Grant that lets Secret Manager publish to the topic."""
        self._letters = gcp.pubsub.Topic("dead-letters", name=scope.dead_letters, opts=self._child)
        self.dead_letters = gcp.pubsub.Subscription(
            "dead-letters",
            name=scope.dead_letters,
            topic=self._letters.id,
            message_retention_duration=f"{7 * 86400}s",
            expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=""),
            opts=self._child,
        )
        self._moves = self._publisher("dead-letters", self._letters, agent(scope, "pubsub"))

    def _publisher(self, name: str, topic: gcp.pubsub.Topic, member: str) -> pulumi.Resource:
        return gcp.pubsub.TopicIAMMember(
            name, topic=topic.name, project=self._scope.project, role=PUBLISH, member=member, opts=self._child
        )

    def call(self, function: gcp.cloudfunctionsv2.Function) -> pulumi.Resource:
        """Call the function with each message and every hour; return what a first rotation needs."""
        self._sweep(function)
        return self._push(function, [self.dead_letters, self._moves])

    def _caller(
        self, role: str, text: str, function: gcp.cloudfunctionsv2.Function
    ) -> tuple[gcp.serviceaccount.Account, pulumi.Resource]:
        """An account that may call the function and nothing else, and the grant for that."""
        account = service_account(self._scope, role, text, self._child)
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

    def _push(self, function: gcp.cloudfunctionsv2.Function, needs: Sequence[pulumi.Resource]) -> pulumi.Resource:
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
            topic=self.topic.id,
            filter='attributes.eventType = "SECRET_CREATE" OR attributes.eventType = "SECRET_ROTATE"',
            ack_deadline_seconds=600,
            expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=""),
            retry_policy=gcp.pubsub.SubscriptionRetryPolicyArgs(minimum_backoff="10s", maximum_backoff="600s"),
            dead_letter_policy=gcp.pubsub.SubscriptionDeadLetterPolicyArgs(
                dead_letter_topic=self._letters.id, max_delivery_attempts=ATTEMPTS
            ),
            push_config=gcp.pubsub.SubscriptionPushConfigArgs(
                push_endpoint=address,
                oidc_token=gcp.pubsub.SubscriptionPushConfigOidcTokenArgs(
                    service_account_email=account.email, audience=address
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self._parent, depends_on=[*needs, invoker, token]),
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
            opts=pulumi.ResourceOptions(parent=self._parent, depends_on=[invoker]),
        )


def _address(function: gcp.cloudfunctionsv2.Function) -> pulumi.Output[str]:
    """The function's address on Cloud Run: only calls to that address count as internal ones of Google's services.

    Source: Cloud Run guide, "Restrict network ingress".
    """
    return function.service_config.apply(lambda service: str(service.uri) if service else "")
