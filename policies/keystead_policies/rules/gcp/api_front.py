"""Load balancers and API keys: TLS, a firewall, logs, and keys that open one thing to known callers."""

from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Context, Severity, rule, stack_rule

_BACKEND = "gcp:compute/backendService:BackendService"
_PROXY = "gcp:compute/targetHttpProxy:TargetHttpProxy"
_URL_MAP = "gcp:compute/uRLMap:URLMap"
_KEY = "gcp:projects/apiKey:ApiKey"
_GUIDE = "https://cloud.google.com/load-balancing/docs"
_CALLERS = ("androidKeyRestrictions", "browserKeyRestrictions", "iosKeyRestrictions", "serverKeyRestrictions")


@rule(
    "gcp:compute/sSLPolicy:SSLPolicy",
    severity=Severity.HIGH,
    controls=["CIS-GCP-3.9", "NIST-800-53-SC-8(1)", "PCI-4.2.1"],
    link=f"{_GUIDE}/ssl-policies-concepts",
    fix="set min_tls_version='TLS_1_2' and profile='MODERN' or 'RESTRICTED'",
)
def ssl_policy_is_modern(policy: Resource, _context: Context) -> Iterator[str]:
    """A load balancer takes TLS 1.2 or newer with modern ciphers."""
    version = policy.properties.get("minTlsVersion", "TLS_1_0")
    profile = policy.properties.get("profile", "COMPATIBLE")
    if version in {"TLS_1_0", "TLS_1_1"}:
        yield f"it accepts {version.replace('_', ' ', 1).replace('_', '.')}"
    if profile == "COMPATIBLE":
        yield "its profile is COMPATIBLE, with weak ciphers"


@stack_rule(
    _PROXY,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-8(1)", "PCI-4.2.1", "OWASP-SM-2.8"],
    link=f"{_GUIDE}/https/setting-up-http-https-redirect",
    fix="point it to a URL map with default_url_redirect.https_redirect=True",
    reads=(_URL_MAP,),
)
def http_is_only_redirected(proxy: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """A proxy that takes HTTP does nothing but redirect it to HTTPS."""
    maps = stack.named_in(proxy, "urlMap", _URL_MAP)
    if not any(each.properties.table("defaultUrlRedirect").get("httpsRedirect") for each in maps):
        yield "it answers without TLS"


@rule(
    _BACKEND,
    severity=Severity.MEDIUM,
    controls=["PCI-6.4.1", "NIST-800-53-SC-7", "OWASP-API-API4"],
    link="https://cloud.google.com/armor/docs/security-policy-overview",
    fix="set security_policy",
)
def backend_has_a_firewall(backend: Resource, _context: Context) -> Iterator[str]:
    """A backend that is reached from outside is behind Cloud Armor."""
    outside = backend.properties.get("loadBalancingScheme", "EXTERNAL").startswith("EXTERNAL")
    if outside and not backend.properties.given("securityPolicy"):
        yield "no security policy is in front of it"


@rule(
    _BACKEND,
    severity=Severity.MEDIUM,
    controls=["CIS-GCP-2.16", "PCI-10.2.1", "NIST-800-53-AU-12"],
    link=f"{_GUIDE}/https/https-logging-monitoring",
    fix="set log_config with enable=True and sample_rate=1.0",
)
def backend_is_logged(backend: Resource, _context: Context) -> Iterator[str]:
    """A backend logs each call."""
    if not backend.properties.table("logConfig").get("enable"):
        yield "calls leave no trace"


@rule(
    _KEY,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.14", "OWASP-API-API5", "NIST-800-53-AC-6"],
    link="https://cloud.google.com/api-keys/docs/add-restrictions-api-keys",
    fix="set restrictions.api_targets",
)
def api_key_is_for_one_api(key: Resource, _context: Context) -> Iterator[str]:
    """An API key opens the APIs its application needs, and no others."""
    if not key.properties.table("restrictions").items_of("apiTargets"):
        yield "it opens every API of the project"


@rule(
    _KEY,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.13", "OWASP-API-API2", "PCI-1.3.1"],
    link="https://cloud.google.com/api-keys/docs/add-restrictions-api-keys",
    fix="set the restriction for servers, browsers, Android or iOS",
)
def api_key_is_for_known_callers(key: Resource, _context: Context) -> Iterator[str]:
    """An API key works for known addresses, hosts or applications."""
    restrictions = key.properties.table("restrictions")
    if not any(restrictions.given(name) for name in _CALLERS):
        yield "it works from anywhere"
    addresses = restrictions.table("serverKeyRestrictions").items_of("allowedIps")
    if wide := [address for address in addresses if address in {"0.0.0.0/0", "::/0"}]:
        yield f"it works from anywhere ({', '.join(wide)})"
