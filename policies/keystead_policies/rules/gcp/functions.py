"""Cloud Functions and Cloud Run: identity, access, runtimes, failed messages."""

from collections.abc import Iterator

from keystead_policies.engine.resources.grants import granted_to_the_public
from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Context, Level, Severity, rule, stack_rule

_V2 = "gcp:cloudfunctionsv2/function:Function"
_V1 = "gcp:cloudfunctions/function:Function"
_RUN = "gcp:cloudrunv2/service:Service"
_JOB = "gcp:cloudrunv2/job:Job"
_SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
_GUIDE = "https://cloud.google.com/functions/docs"

DEPRECATED = (
    *("nodejs6", "nodejs8", "nodejs10", "nodejs12", "nodejs14", "nodejs16", "nodejs18", "nodejs20"),
    *("python37", "python38", "python39", "python310", "go111", "go113", "go116", "go118", "go119", "go120"),
    *("go121", "go122", "go123", "java11", "dotnet3", "dotnet6", "dotnet8", "ruby26", "ruby27", "ruby30", "ruby32"),
    *("php74", "php81"),
)
"""Runtimes past their deprecation date on 2026-11-22: "Cloud Run functions runtimes", support schedule."""


@rule(
    _V2,
    _V1,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SI-2", "PCI-6.3.3"],
    link=f"{_GUIDE}/runtime-support",
    fix="set `runtime` to a supported version",
    options={"deprecated": DEPRECATED},
)
def function_runtime_is_supported(function: Resource, context: Context) -> Iterator[str]:
    """Cloud Functions use supported runtimes."""
    runtime = function.properties.get("runtime") or function.properties.table("buildConfig").get("runtime", "")
    if runtime in context.options["deprecated"]:
        yield f"`runtime` is {runtime}, which no longer receives security updates"


@rule(
    _V2,
    _V1,
    _RUN,
    _JOB,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.5", "NIST-800-53-AC-6", "PCI-7.2.5"],
    partly=["CIS-GCP-1.5"],
    link=f"{_GUIDE}/securing/function-identity",
    fix="set `serviceAccountEmail` (Cloud Functions) or `serviceAccount` (Cloud Run) to a dedicated service account",
)
def function_has_its_own_identity(function: Resource, _context: Context) -> Iterator[str]:
    """Cloud Functions and Cloud Run services use a dedicated service account.

    The default service account has the editor role on the whole project.
    """
    properties = function.properties
    holders = {_V2: ("serviceConfig", "serviceAccountEmail"), _RUN: ("template", "serviceAccount")}
    outer, name = holders.get(function.type, ("", "serviceAccountEmail"))
    holder = properties.table(outer) if outer else properties
    if function.type == _JOB:
        holder, name = properties.table("template").table("template"), "serviceAccount"
    email = holder.get(name, "") if holder.known(name) or not holder.given(name) else "chosen"
    if not email:
        yield f"`{name}` is not set, so the default service account is used"
    elif email.endswith(("-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com")):
        yield f"`{name}` is the default service account {email}"


@rule(
    _V2,
    _V1,
    _RUN,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-SC-7", "PCI-1.3.1"],
    link=f"{_GUIDE}/networking/network-settings",
    fix=(
        "set `ingressSettings` (Cloud Functions) or `ingress` (Cloud Run) to internal traffic, or internal traffic "
        "and load balancing"
    ),
)
def function_is_not_on_the_internet(function: Resource, _context: Context) -> Iterator[str]:
    """Cloud Functions and Cloud Run services do not accept direct traffic from the internet."""
    properties = function.properties
    holder = properties.table("serviceConfig") if function.type == _V2 else properties
    name = "ingress" if function.type == _RUN else "ingressSettings"
    ingress = holder.get(name, "ALLOW_ALL")
    if ingress in {"ALLOW_ALL", "INGRESS_TRAFFIC_ALL"}:
        yield f"`{name}` is {ingress}"


@rule(
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
    "gcp:cloudrunv2/serviceIamBinding:ServiceIamBinding",
    "gcp:cloudfunctionsv2/functionIamMember:FunctionIamMember",
    "gcp:cloudfunctionsv2/functionIamBinding:FunctionIamBinding",
    "gcp:cloudfunctions/functionIamMember:FunctionIamMember",
    "gcp:cloudfunctions/functionIamBinding:FunctionIamBinding",
    "gcp:cloudrunv2/serviceIamPolicy:ServiceIamPolicy",
    "gcp:cloudfunctionsv2/functionIamPolicy:FunctionIamPolicy",
    "gcp:cloudfunctions/functionIamPolicy:FunctionIamPolicy",
    _RUN,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1", "OWASP-API-API2"],
    link=f"{_GUIDE}/securing/managing-access-iam",
    fix="grant the role to the service accounts that invoke it, and set `invokerIamDisabled` to false",
)
def function_is_not_public(grant: Resource, _context: Context) -> Iterator[str]:
    """Cloud Functions and Cloud Run services are not publicly invocable."""
    if grant.type == _RUN:
        if grant.properties.flag("invokerIamDisabled"):
            yield "`invokerIamDisabled` is true, so anyone can invoke the service"
        return
    yield from granted_to_the_public(grant)


@rule(
    _V2,
    _V1,
    severity=Severity.LOW,
    controls=["NIST-800-53-SC-28(1)"],
    link=f"{_GUIDE}/securing/cmek",
    fix="set `kmsKeyName` to a customer-managed key",
    levels={"production": Level.ADVISORY},
)
def function_code_has_a_customer_key(function: Resource, _context: Context) -> Iterator[str]:
    """Cloud Functions source code is encrypted with customer-managed encryption keys (CMEK)."""
    if not function.properties.given("kmsKeyName"):
        yield "`kmsKeyName` is not set, so the source code is encrypted with a Google-managed key"


@stack_rule(
    _SUBSCRIPTION,
    severity=Severity.MEDIUM,
    controls=["PCI-10.7.2", "NIST-800-53-SI-4"],
    link="https://cloud.google.com/pubsub/docs/handling-failures",
    fix="set `deadLetterPolicy`",
)
def subscription_keeps_dead_letters(subscription: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """Pub/Sub subscriptions have a dead-letter topic.

    Subscriptions to a dead-letter topic are exempt.
    """
    if subscription.properties.given("deadLetterPolicy"):
        return
    topic = {subscription.properties.get("topic")} if subscription.properties.known("topic") else set()
    if (topic | subscription.references.get("topic", frozenset())) & stack.derived(_dead_letter_topics):
        return
    yield "`deadLetterPolicy` is not set, so messages that cannot be processed are lost when they expire"


def _dead_letter_topics(stack: Stack) -> frozenset[str]:
    """Return the topics that subscriptions send dead letters to, and the URNs of resources they come from."""
    found: set[str] = set()
    for subscription in stack.of(_SUBSCRIPTION):
        letters = subscription.properties.table("deadLetterPolicy")
        if letters.known("deadLetterTopic"):
            found.add(str(letters.get("deadLetterTopic")))
        found |= subscription.references.get("deadLetterPolicy", frozenset())
    return frozenset(found)


@rule(
    _V1,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-8(1)", "PCI-4.2.1", "OWASP-SM-2.8"],
    link=f"{_GUIDE}/writing/write-http-functions",
    fix="set `httpsTriggerSecurityLevel` to `SECURE_ALWAYS`",
)
def function_asks_for_tls(function: Resource, _context: Context) -> Iterator[str]:
    """Cloud Functions with an HTTP trigger require HTTPS."""
    level = function.properties.get("httpsTriggerSecurityLevel", "SECURE_OPTIONAL")
    if function.properties.flag("triggerHttp") and level != "SECURE_ALWAYS":
        yield f"`httpsTriggerSecurityLevel` is {level}"
