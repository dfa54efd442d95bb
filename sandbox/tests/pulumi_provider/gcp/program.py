"""A Pulumi program with every type of the provider's table; the stack's `variation` says which version of it."""

import pulumi
import pulumi_gcp as gcp

PROJECT = "acme-trial"
settings = pulumi.Config()
changed = settings.get("variation") == "changed"
moved = settings.get("place") == "moved"

bare = gcp.Provider("guard")
found = gcp.organizations.get_project_output(project_id=PROJECT, opts=pulumi.InvokeOutputOptions(provider=bare))
provider = gcp.Provider(
    "trial", project=found.project_id, region="us-east1", default_labels={"keystead-environment": "trial"}
)
here = pulumi.ResourceOptions(provider=provider)

services = [
    gcp.projects.Service(name, service=f"{name}.googleapis.com", opts=here)
    for name in (
        *("cloudkms", "secretmanager", "pubsub", "cloudfunctions", "run", "cloudscheduler"),
        "accesscontextmanager",
    )
]
ready = pulumi.ResourceOptions(provider=provider, depends_on=services)
identity = gcp.projects.ServiceIdentity("secretmanager", service="secretmanager.googleapis.com", opts=ready)
gcp.projects.IAMAuditConfig(
    "secretmanager",
    project=PROJECT,
    service="secretmanager.googleapis.com",
    audit_log_configs=[gcp.projects.IAMAuditConfigAuditLogConfigArgs(log_type="DATA_READ")],
    opts=here,
)
role = gcp.projects.IAMCustomRole(
    "rotator",
    role_id="engine_rotator",
    title="Rotates" if changed else "Rotator",
    permissions=["secretmanager.versions.add"],
    opts=here,
)
account = gcp.serviceaccount.Account("rotator", account_id="engine-rotator", opts=here)
gcp.projects.IAMMember("rotator", project=PROJECT, role=role.name, member=account.member, opts=here)
gcp.serviceaccount.IAMMember(
    "rotator",
    service_account_id=account.name,
    role="roles/iam.serviceAccountTokenCreator",
    member=identity.member,
    opts=here,
)
ring = gcp.kms.KeyRing("data", name=settings.require("ring"), location="us-east1", opts=ready)
key = gcp.kms.CryptoKey(
    "data",
    name="data",
    key_ring=ring.id,
    rotation_period="7776000s" if changed else "15552000s",
    version_template=gcp.kms.CryptoKeyVersionTemplateArgs(
        algorithm="GOOGLE_SYMMETRIC_ENCRYPTION", protection_level="HSM"
    ),
    opts=here,
)
open_key = gcp.kms.CryptoKeyIAMMember(
    "secretmanager",
    crypto_key_id=key.id,
    role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
    member=identity.member,
    opts=here,
)
topic = gcp.pubsub.Topic("rotation", name="engine-rotation", labels={"changed": str(changed).lower()}, opts=ready)
letters = gcp.pubsub.Topic("letters", name="engine-letters", opts=ready)
publisher = gcp.pubsub.TopicIAMMember(
    "secretmanager", topic=topic.name, role="roles/pubsub.publisher", member=identity.member, opts=here
)
secret = gcp.secretmanager.Secret(
    "card",
    secret_id="engine-card",
    replication=gcp.secretmanager.SecretReplicationArgs(
        user_managed=gcp.secretmanager.SecretReplicationUserManagedArgs(
            replicas=[
                gcp.secretmanager.SecretReplicationUserManagedReplicaArgs(
                    location="us-east1",
                    customer_managed_encryption=gcp.secretmanager.SecretReplicationUserManagedReplicaCustomerManagedEncryptionArgs(
                        kms_key_name=key.id
                    ),
                )
            ]
        )
    ),
    topics=[gcp.secretmanager.SecretTopicArgs(name=topic.id)],
    rotation=gcp.secretmanager.SecretRotationArgs(
        rotation_period="7776000s", next_rotation_time="2039-01-01T00:00:00Z"
    ),
    annotations={"purpose": "charge cards"},
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[open_key, publisher]),
)
gcp.secretmanager.SecretIamMember(
    "rotator",
    secret_id=secret.id,
    role="roles/secretmanager.secretAccessor",
    member=account.member,
    condition=gcp.secretmanager.SecretIamMemberConditionArgs(
        title="until", expression='request.time < timestamp("2040-01-01T00:00:00Z")'
    ),
    opts=here,
)
bucket = gcp.storage.Bucket(
    "code",
    name=f"{PROJECT}-engine-code",
    location="us-east1",
    uniform_bucket_level_access=True,
    public_access_prevention="enforced",
    force_destroy=True,
    opts=here,
)
gcp.storage.BucketIAMMember(
    "rotator", bucket=bucket.name, role="roles/storage.objectViewer", member=account.member, opts=here
)
CODE = "import functions_framework\n\n\n@functions_framework.http\ndef handle(request):\n    return 'VERSION'\n"
code = gcp.storage.BucketObject(
    "code",
    name="changed.zip" if changed else "code.zip",
    bucket=bucket.name,
    source=pulumi.AssetArchive({"main.py": pulumi.StringAsset(CODE.replace("VERSION", str(changed)))}),
    opts=here,
)
function = gcp.cloudfunctionsv2.Function(
    "rotator",
    name="engine-rotator",
    location="us-east1",
    build_config=gcp.cloudfunctionsv2.FunctionBuildConfigArgs(
        runtime="python312",
        entry_point="handle",
        source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceArgs(
            storage_source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceStorageSourceArgs(
                bucket=bucket.name, object=code.name
            )
        ),
    ),
    service_config=gcp.cloudfunctionsv2.FunctionServiceConfigArgs(
        service_account_email=account.email, ingress_settings="ALLOW_INTERNAL_ONLY", timeout_seconds=60
    ),
    opts=ready,
)
uri = function.service_config.apply(lambda config: (config and config.uri) or "")
gcp.cloudrunv2.ServiceIamMember(
    "rotator",
    name=function.name,
    location="us-east1",
    role="roles/run.invoker",
    member=account.member,
    opts=here,
)
subscription = gcp.pubsub.Subscription(
    "rotator",
    name="engine-rotator",
    topic=topic.id,
    ack_deadline_seconds=120 if changed else 60,
    expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=""),
    push_config=gcp.pubsub.SubscriptionPushConfigArgs(
        push_endpoint=uri,
        oidc_token=gcp.pubsub.SubscriptionPushConfigOidcTokenArgs(service_account_email=account.email, audience=uri),
    ),
    dead_letter_policy=gcp.pubsub.SubscriptionDeadLetterPolicyArgs(
        dead_letter_topic=letters.id, max_delivery_attempts=5
    ),
    retry_policy=gcp.pubsub.SubscriptionRetryPolicyArgs(minimum_backoff="10s", maximum_backoff="600s"),
    opts=here,
)
gcp.pubsub.SubscriptionIAMMember(
    "rotator", subscription=subscription.name, role="roles/pubsub.subscriber", member=account.member, opts=here
)
gcp.cloudscheduler.Job(
    "sweep",
    name="engine-sweep",
    region="us-east1",
    schedule="30 * * * *" if changed else "0 * * * *",
    http_target=gcp.cloudscheduler.JobHttpTargetArgs(
        uri=uri,
        http_method="POST",
        body="eyJhY3Rpb24iOiAic3dlZXAifQ==",
        oidc_token=gcp.cloudscheduler.JobHttpTargetOidcTokenArgs(service_account_email=account.email, audience=uri),
    ),
    opts=ready,
)
gcp.logging.Metric(
    "failed",
    name="engine-failed",
    filter='jsonPayload.event="rotation_failed"',
    metric_descriptor=gcp.logging.MetricMetricDescriptorArgs(metric_kind="DELTA", value_type="INT64"),
    opts=here,
)
kept = gcp.logging.ProjectBucketConfig(
    "rotator", project=PROJECT, location="us-east1", bucket_id=settings.require("ring"), retention_days=90, opts=here
)
gcp.logging.ProjectSink(
    "rotator",
    name="engine-rotator",
    destination=kept.id.apply(lambda name: f"logging.googleapis.com/{name}"),
    filter='resource.type="cloud_run_revision"',
    opts=here,
)
mail = gcp.monitoring.NotificationChannel(
    "mail", display_name="engine", type="email", labels={"email_address": "payments@example.com"}, opts=here
)
gcp.monitoring.AlertPolicy(
    "failed",
    display_name="engine failed",
    combiner="OR",
    conditions=[
        gcp.monitoring.AlertPolicyConditionArgs(
            display_name="failed",
            condition_matched_log=gcp.monitoring.AlertPolicyConditionConditionMatchedLogArgs(
                filter='jsonPayload.event="rotation_failed"'
            ),
        )
    ],
    alert_strategy=gcp.monitoring.AlertPolicyAlertStrategyArgs(
        notification_rate_limit=gcp.monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(period="300s")
    ),
    notification_channels=[mail.name],
    severity="CRITICAL" if changed else "ERROR",
    opts=here,
)
pool = gcp.iam.WorkloadIdentityPool("aws", workload_identity_pool_id=settings.require("pool"), opts=here)
gcp.iam.WorkloadIdentityPoolProvider(
    "aws",
    workload_identity_pool_id=pool.workload_identity_pool_id,
    workload_identity_pool_provider_id="amazon",
    aws=gcp.iam.WorkloadIdentityPoolProviderAwsArgs(account_id="000000000042"),
    attribute_mapping={"google.subject": "assertion.arn"},
    opts=here,
)
policy = settings.require("policy")
gcp.accesscontextmanager.AccessLevel(
    "office",
    parent=policy,
    name=f"{policy}/accessLevels/{'moved' if moved else 'office'}",
    title="office",
    basic=gcp.accesscontextmanager.AccessLevelBasicArgs(
        conditions=[gcp.accesscontextmanager.AccessLevelBasicConditionArgs(ip_subnetworks=["203.0.113.0/24"])]
    ),
    opts=ready,
)
pulumi.export("key", key.id)
pulumi.export("number", found.number)
