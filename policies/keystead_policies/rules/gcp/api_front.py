"""Load balancers and API keys: TLS, Cloud Armor, logging, restrictions of API keys."""

from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.resources.values import Values
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
    partly=["CIS-GCP-3.9"],
    link=f"{_GUIDE}/ssl-policies-concepts",
    fix="set `minTlsVersion` to `TLS_1_2` and `profile` to `MODERN` or `RESTRICTED`",
)
def ssl_policy_is_modern(policy: Resource, _context: Context) -> Iterator[str]:
    """Cloud Load Balancing SSL policies require TLS 1.2 and modern cipher suites."""
    version = policy.properties.get("minTlsVersion", "TLS_1_0")
    profile = policy.properties.get("profile", "COMPATIBLE")
    if version in {"TLS_1_0", "TLS_1_1"}:
        yield f"`minTlsVersion` is {version}, at least TLS_1_2 is required"
    weak = [str(name) for name in policy.properties.items_of("customFeatures") if str(name).startswith("TLS_RSA_")]
    if profile == "CUSTOM" and weak:
        yield f"`customFeatures` includes the weak cipher suites {', '.join(weak)}"
    if profile == "COMPATIBLE":
        yield "`profile` is COMPATIBLE, which allows weak cipher suites"


@stack_rule(
    _PROXY,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-8(1)", "PCI-4.2.1", "OWASP-SM-2.8"],
    link=f"{_GUIDE}/https/setting-up-http-https-redirect",
    fix="set `httpsRedirect` to true in `defaultUrlRedirect` of the URL map",
    reads=(_URL_MAP,),
)
def http_is_only_redirected(proxy: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """Cloud Load Balancing HTTP proxies redirect to HTTPS."""
    maps = stack.named_in(proxy, "urlMap", _URL_MAP)
    if not any(each.properties.table("defaultUrlRedirect").flag("httpsRedirect") for each in maps):
        yield "`urlMap` does not redirect to HTTPS"


@rule(
    _BACKEND,
    "gcp:compute/regionBackendService:RegionBackendService",
    severity=Severity.MEDIUM,
    controls=["PCI-6.4.1", "NIST-800-53-SC-7", "OWASP-API-API4"],
    link="https://cloud.google.com/armor/docs/security-policy-overview",
    fix="set `securityPolicy` to a Cloud Armor policy",
)
def backend_has_a_firewall(backend: Resource, _context: Context) -> Iterator[str]:
    """Cloud Load Balancing external backend services are protected by Cloud Armor."""
    outside = backend.properties.get("loadBalancingScheme", "EXTERNAL").startswith("EXTERNAL")
    if outside and not backend.properties.given("securityPolicy"):
        yield "`securityPolicy` is not set"


@rule(
    _BACKEND,
    severity=Severity.MEDIUM,
    controls=["CIS-GCP-2.16", "PCI-10.2.1", "NIST-800-53-AU-12"],
    link=f"{_GUIDE}/https/https-logging-monitoring",
    fix="set `enable` to true and `sampleRate` to 1.0 in `logConfig`",
)
def backend_is_logged(backend: Resource, _context: Context) -> Iterator[str]:
    """Cloud Load Balancing backend services have logging enabled."""
    if not backend.properties.table("logConfig").flag("enable"):
        yield "`enable` in `logConfig` is not true, so requests are not logged"


@rule(
    _KEY,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.14", "OWASP-API-API5", "NIST-800-53-AC-6"],
    link="https://cloud.google.com/api-keys/docs/add-restrictions-api-keys",
    fix="set `apiTargets` in `restrictions`",
)
def api_key_is_for_one_api(key: Resource, _context: Context) -> Iterator[str]:
    """Google Cloud API keys are restricted to the APIs they need."""
    if not key.properties.table("restrictions").items_of("apiTargets"):
        yield "`apiTargets` is not set, so the key can call every API of the project"


@rule(
    _KEY,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.13", "OWASP-API-API2", "PCI-1.3.1"],
    link="https://cloud.google.com/api-keys/docs/add-restrictions-api-keys",
    fix=(
        "set `serverKeyRestrictions`, `browserKeyRestrictions`, `androidKeyRestrictions` or `iosKeyRestrictions` in "
        "`restrictions`"
    ),
)
def api_key_is_for_known_callers(key: Resource, _context: Context) -> Iterator[str]:
    """Google Cloud API keys are restricted to known addresses, hosts or applications."""
    restrictions = key.properties.table("restrictions")
    if not any(_lists(restrictions.table(name)) for name in _CALLERS):
        yield "`restrictions` does not limit the callers, so the key can be used from anywhere"
    addresses = restrictions.table("serverKeyRestrictions").items_of("allowedIps")
    if wide := [address for address in addresses if str(address).endswith(("/0", "/1"))]:
        yield f"`allowedIps` includes {', '.join(wide)}, so the key can be used from anywhere"


def _lists(restriction: Values) -> bool:
    """Whether a restriction lists an address, a host or an application, known or not."""
    return any(restriction.given(name) for name in restriction)


@rule(
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy",
    "gcp:compute/targetSSLProxy:TargetSSLProxy",
    severity=Severity.HIGH,
    controls=["CIS-GCP-3.9", "NIST-800-53-SC-8(1)", "PCI-4.2.1"],
    partly=["CIS-GCP-3.9"],
    link=f"{_GUIDE}/ssl-policies-concepts",
    fix="set `sslPolicy` to a policy that requires TLS 1.2",
)
def proxy_has_an_ssl_policy(proxy: Resource, _context: Context) -> Iterator[str]:
    """Cloud Load Balancing HTTPS and SSL proxies have an SSL policy.

    The default policy accepts TLS 1.0.
    """
    if not proxy.properties.given("sslPolicy"):
        yield "`sslPolicy` is not set, so TLS 1.0 is accepted"
