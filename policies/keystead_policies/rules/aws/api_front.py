"""API Gateway and load balancers: TLS, an authorizer on every route, no stale answers, logs, limits, a firewall."""

import re
from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Context, Severity, rule, stack_rule

_STAGE = "aws:apigateway/stage:Stage"
_STAGE_V2 = "aws:apigatewayv2/stage:Stage"
_AUTHORIZER = "aws:apigateway/authorizer:Authorizer"
_AUTHORIZER_V2 = "aws:apigatewayv2/authorizer:Authorizer"
_SETTINGS = "aws:apigateway/methodSettings:MethodSettings"
_WAF = "aws:wafv2/webAclAssociation:WebAclAssociation"
_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html"
_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
_MODERN = re.compile(r"-(?:TLS13-1-[23]|TLS-1-2|FS-1-2)\b")
"""Security policies of load balancers that begin at TLS 1.2."""


@rule(
    "aws:apigatewayv2/route:Route",
    severity=Severity.CRITICAL,
    controls=["FSBP-APIGateway.8", "OWASP-API-API2", "OWASP-API-API5"],
    link=f"{_HUB}#apigateway-8",
    fix="set authorization_type and authorizer_id",
)
def route_is_authorized(route: Resource, _context: Context) -> Iterator[str]:
    """Every route of an HTTP or WebSocket API has an authorizer, but for preflight requests (OPTIONS)."""
    name = str(route.properties.get("routeKey", ""))
    if route.properties.get("authorizationType", "NONE") == "NONE" and not name.startswith("OPTIONS "):
        yield f"anybody may call {name!r}"


@rule(
    "aws:apigateway/method:Method",
    severity=Severity.CRITICAL,
    controls=["FSBP-APIGateway.8", "OWASP-API-API2", "OWASP-API-API5"],
    link=f"{_GUIDE}/apigateway-control-access-to-api.html",
    fix="set authorization to CUSTOM, COGNITO_USER_POOLS or AWS_IAM",
)
def method_is_authorized(method: Resource, _context: Context) -> Iterator[str]:
    """Every method of a REST API has an authorizer; an API key alone identifies a plan, not a caller."""
    verb = method.properties.get("httpMethod", "")
    if method.properties.get("authorization", "NONE") == "NONE" and verb != "OPTIONS":
        yield f"anybody may call {verb}"


@rule(
    "aws:apigateway/domainName:DomainName",
    "aws:apigatewayv2/domainName:DomainName",
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-8(1)", "PCI-4.2.1", "OWASP-SM-2.8"],
    link=f"{_GUIDE}/apigateway-custom-domain-tls-version.html",
    fix="set security_policy='TLS_1_2' or a newer policy",
)
def domain_asks_for_tls_1_2(domain: Resource, _context: Context) -> Iterator[str]:
    """A domain of an API accepts no TLS older than 1.2."""
    configured = domain.properties.table("domainNameConfiguration")
    policy = str((configured or domain.properties).get("securityPolicy", "TLS_1_0"))
    if policy in {"TLS_1_0", "TLS_1_1"}:
        yield f"it accepts {policy.replace('_', ' ', 1).replace('_', '.')}"


@rule(
    "aws:lb/listener:Listener",
    severity=Severity.HIGH,
    controls=["FSBP-ELB.1", "NIST-800-53-SC-8(1)", "PCI-4.2.1"],
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-1",
    fix="set protocol='HTTPS', or redirect to it",
)
def listener_uses_tls(listener: Resource, _context: Context) -> Iterator[str]:
    """A load balancer that takes HTTP does nothing but redirect it to HTTPS."""
    if listener.properties.get("protocol") != "HTTP":
        return
    for action in listener.properties.items_of("defaultActions"):
        if action.table("redirect").get("protocol") != "HTTPS":
            yield f"it answers without TLS on port {listener.properties.get('port')}"


@rule(
    "aws:lb/listener:Listener",
    severity=Severity.HIGH,
    controls=["FSBP-ELB.17", "NIST-800-53-SC-8(1)", "PCI-4.2.1"],
    link="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html",
    fix="set ssl_policy='ELBSecurityPolicy-TLS13-1-2-2021-06' or a newer one",
)
def listener_asks_for_tls_1_2(listener: Resource, _context: Context) -> Iterator[str]:
    """A load balancer accepts no TLS older than 1.2; the policy it has by itself takes 1.0."""
    policy = str(listener.properties.get("sslPolicy", "ELBSecurityPolicy-2016-08"))
    if listener.properties.get("protocol") in {"HTTPS", "TLS"} and not _MODERN.search(policy):
        yield f"{policy} accepts TLS older than 1.2"


@rule(
    _STAGE,
    _STAGE_V2,
    severity=Severity.MEDIUM,
    controls=["FSBP-APIGateway.1", "FSBP-APIGateway.9", "PCI-10.2.1", "NIST-800-53-AU-12"],
    link=f"{_HUB}#apigateway-9",
    fix="set access_log_settings",
)
def stage_is_logged(stage: Resource, _context: Context) -> Iterator[str]:
    """Every stage writes an access log."""
    if not stage.properties.given("accessLogSettings"):
        yield "calls leave no trace"


@stack_rule(
    _STAGE,
    _STAGE_V2,
    severity=Severity.MEDIUM,
    controls=["OWASP-API-API4", "NIST-800-53-SC-5"],
    link=f"{_GUIDE}/api-gateway-request-throttling.html",
    fix="set throttling_rate_limit (in MethodSettings for REST, in default_route_settings for HTTP)",
    reads=(_SETTINGS,),
)
def stage_is_throttled(stage: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """Every stage has a rate of its own: the account's 10,000 a second are shared by all its APIs."""
    if stage.type == _STAGE_V2:
        limits = [stage.properties.table("defaultRouteSettings")]
    else:
        same = stage.properties.get("stageName")
        every = stack.of(_SETTINGS)
        limits = [each.properties.table("settings") for each in every if each.properties.get("stageName") == same]
    if not any(limit.get("throttlingRateLimit", -1) > 0 for limit in limits):
        yield "it takes calls at the account's rate"


@rule(
    _AUTHORIZER,
    _AUTHORIZER_V2,
    severity=Severity.HIGH,
    controls=["OWASP-API-API2", "OWASP-API-API8", "NIST-800-53-AC-3"],
    link=f"{_GUIDE}/configure-api-gateway-lambda-authorization.html",
    fix="set authorizer_result_ttl_in_seconds=0, or make the caller's address an identity source",
    options={"max_seconds": 30},
)
def authorizer_cache_respects_context(authorizer: Resource, context: Context) -> Iterator[str]:
    """A cached answer lives at most `max_seconds` and only for the same address: the cache knows no other context."""
    kind = authorizer.properties.get("type", authorizer.properties.get("authorizerType", "TOKEN"))
    if kind in {"COGNITO_USER_POOLS", "JWT"}:
        return
    default = 300 if authorizer.type == _AUTHORIZER else 0
    seconds = authorizer.properties.get("authorizerResultTtlInSeconds", default)
    v2 = [str(source) for source in authorizer.properties.items_of("identitySources")]
    sources = " ".join([str(authorizer.properties.get("identitySource", "")), *v2]).lower()
    if seconds > context.options["max_seconds"]:
        yield f"an answer is reused for {seconds} s, a revoked key with it"
    elif seconds > 0 and "sourceip" not in sources:
        yield f"for {seconds} s an answer is reused for callers from anywhere"


@rule(
    _SETTINGS,
    severity=Severity.MEDIUM,
    controls=["FSBP-APIGateway.5", "NIST-800-53-SC-28(1)", "PCI-3.5.1"],
    link=f"{_HUB}#apigateway-5",
    fix="set cache_data_encrypted=True",
)
def stage_cache_is_encrypted(settings: Resource, _context: Context) -> Iterator[str]:
    """Answers that API Gateway caches are encrypted."""
    told = settings.properties.table("settings")
    if told.get("cachingEnabled") and not told.get("cacheDataEncrypted"):
        yield "answers are cached in clear"


@stack_rule(
    _STAGE,
    severity=Severity.MEDIUM,
    controls=["FSBP-APIGateway.4", "PCI-6.4.1", "NIST-800-53-SC-7"],
    link=f"{_HUB}#apigateway-4",
    fix="add an aws.wafv2.WebAclAssociation with the stage's ARN",
    reads=(_WAF,),
)
def stage_has_a_firewall(stage: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """Every stage of a REST API is behind a WAF web ACL."""
    if not stack.named_by(stage, "resourceArn", _WAF):
        yield "no web ACL is in front of it"
