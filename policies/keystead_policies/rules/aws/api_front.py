"""API Gateway and load balancers: TLS, authorization, caching, logging, throttling, WAF."""

import re
from collections import defaultdict
from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.resources.values import Values
from keystead_policies.engine.rule import Context, Severity, rule, stack_rule

_STAGE = "aws:apigateway/stage:Stage"
_STAGE_V2 = "aws:apigatewayv2/stage:Stage"
_AUTHORIZER = "aws:apigateway/authorizer:Authorizer"
_AUTHORIZER_V2 = "aws:apigatewayv2/authorizer:Authorizer"
_SETTINGS = "aws:apigateway/methodSettings:MethodSettings"
_WAF = "aws:wafv2/webAclAssociation:WebAclAssociation"
_LISTENERS = ("aws:lb/listener:Listener", "aws:alb/listener:Listener", "aws:elasticloadbalancingv2/listener:Listener")
_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html"
_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
_MODERN = re.compile(r"-(?:TLS13-1-[23]|TLS-1-2|FS-1-2)\b")
"""Security policies of load balancers that require at least TLS 1.2."""


@rule(
    "aws:apigatewayv2/route:Route",
    severity=Severity.CRITICAL,
    controls=["FSBP-APIGateway.8", "OWASP-API-API2", "OWASP-API-API5"],
    link=f"{_HUB}#apigateway-8",
    fix="set `authorizationType` and `authorizerId`",
)
def route_is_authorized(route: Resource, _context: Context) -> Iterator[str]:
    """API Gateway HTTP and WebSocket API routes require authorization.

    Preflight requests (OPTIONS) are exempt, and so are WebSocket routes other than $connect and $default.
    """
    name = str(route.properties.get("routeKey", ""))
    if " " not in name and name not in {"$default", "$connect"}:
        return
    if route.properties.get("authorizationType", "NONE") == "NONE" and not name.startswith("OPTIONS "):
        yield f"`authorizationType` is NONE, so anyone can call {name!r}"


@rule(
    "aws:apigateway/method:Method",
    severity=Severity.CRITICAL,
    controls=["OWASP-API-API2", "OWASP-API-API5"],
    link=f"{_GUIDE}/apigateway-control-access-to-api.html",
    fix="set `authorization` to `CUSTOM`, `COGNITO_USER_POOLS` or `AWS_IAM`",
)
def method_is_authorized(method: Resource, _context: Context) -> Iterator[str]:
    """API Gateway REST API methods require authorization.

    An API key alone identifies a usage plan, not a caller. OPTIONS is exempt.
    """
    verb = method.properties.get("httpMethod", "")
    if method.properties.get("authorization", "NONE") == "NONE" and verb != "OPTIONS":
        yield f"`authorization` is NONE, so anyone can call {verb}"


@rule(
    "aws:apigateway/domainName:DomainName",
    "aws:apigatewayv2/domainName:DomainName",
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-8(1)", "PCI-4.2.1", "OWASP-SM-2.8"],
    link=f"{_GUIDE}/apigateway-custom-domain-tls-version.html",
    fix="set `securityPolicy` to `TLS_1_2` or newer",
)
def domain_asks_for_tls_1_2(domain: Resource, _context: Context) -> Iterator[str]:
    """API Gateway custom domains require TLS 1.2 or newer."""
    configured = domain.properties.table("domainNameConfiguration")
    policy = str((configured or domain.properties).get("securityPolicy", "TLS_1_0"))
    if policy in {"TLS_1_0", "TLS_1_1"}:
        yield f"`securityPolicy` is {policy}, at least TLS_1_2 is required"


@rule(
    *_LISTENERS,
    severity=Severity.HIGH,
    controls=["FSBP-ELB.1", "NIST-800-53-SC-8(1)", "PCI-4.2.1"],
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-1",
    fix="set `protocol` to `HTTPS`, or replace `defaultActions` with a redirect to HTTPS",
)
def listener_uses_tls(listener: Resource, _context: Context) -> Iterator[str]:
    """Load balancer HTTP listeners redirect to HTTPS."""
    if listener.properties.get("protocol") != "HTTP":
        return
    for action in listener.properties.items_of("defaultActions") or [Values({})]:
        if action.table("redirect").get("protocol") != "HTTPS":
            yield f"`protocol` is HTTP on port {listener.properties.get('port')} without a redirect to HTTPS"


@rule(
    *_LISTENERS,
    severity=Severity.HIGH,
    controls=["FSBP-ELB.17", "NIST-800-53-SC-8(1)", "PCI-4.2.1"],
    partly=["FSBP-ELB.17"],
    link="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html",
    fix="set `sslPolicy` to `ELBSecurityPolicy-TLS13-1-2-2021-06` or newer",
)
def listener_asks_for_tls_1_2(listener: Resource, _context: Context) -> Iterator[str]:
    """Load balancer listeners require TLS 1.2 or newer.

    The default security policy accepts TLS 1.0.
    """
    policy = str(listener.properties.get("sslPolicy", "ELBSecurityPolicy-2016-08"))
    if listener.properties.get("protocol") in {"HTTPS", "TLS"} and not _MODERN.search(policy):
        yield f"`sslPolicy` is {policy}, which accepts TLS older than 1.2"


@rule(
    _STAGE,
    _STAGE_V2,
    severity=Severity.MEDIUM,
    controls=["FSBP-APIGateway.9", "PCI-10.2.1", "NIST-800-53-AU-12"],
    link=f"{_HUB}#apigateway-9",
    fix="set `accessLogSettings`",
)
def stage_is_logged(stage: Resource, _context: Context) -> Iterator[str]:
    """API Gateway stages have access logging enabled."""
    if not stage.properties.table("accessLogSettings").given("destinationArn"):
        yield "`accessLogSettings` is not set, so requests are not logged"


@stack_rule(
    _STAGE,
    _STAGE_V2,
    severity=Severity.MEDIUM,
    controls=["OWASP-API-API4", "NIST-800-53-SC-5"],
    link=f"{_GUIDE}/api-gateway-request-throttling.html",
    fix="set `throttlingRateLimit`, in MethodSettings (REST API) or in `defaultRouteSettings` (HTTP API)",
    reads=(_SETTINGS,),
)
def stage_is_throttled(stage: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """API Gateway stages have throttling limits of their own.

    Otherwise all APIs of the account share its limit of 10,000 requests per second.
    """
    if stage.type == _STAGE_V2:
        where, limits = "defaultRouteSettings", [stage.properties.table("defaultRouteSettings")]
    else:
        where = "settings"
        limits = stack.derived(_settings_by_stage).get(_key_of(stage), [])
    if not any(limit.number("throttlingRateLimit", -1) > 0 for limit in limits):
        yield f"`throttlingRateLimit` is not set in `{where}`, so only the account's limit applies"


@stack_rule(
    _STAGE,
    severity=Severity.MEDIUM,
    controls=["FSBP-APIGateway.1", "PCI-10.2.1", "NIST-800-53-AU-12"],
    partly=["FSBP-APIGateway.1"],
    link=f"{_HUB}#apigateway-1",
    fix="add MethodSettings for all methods with `loggingLevel` set to `ERROR` or `INFO`",
    reads=(_SETTINGS,),
)
def stage_logs_executions(stage: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """API Gateway REST API stages have execution logging enabled."""
    levels = [each.get("loggingLevel", "OFF") for each in stack.derived(_settings_by_stage).get(_key_of(stage), [])]
    if not any(level in {"ERROR", "INFO"} for level in levels):
        yield "`loggingLevel` is not set in `settings` for all methods, so executions are not logged"


def _settings_by_stage(stack: Stack) -> dict[tuple[str, str], list[Values]]:
    """Return the settings for all methods of each stage."""
    found: dict[tuple[str, str], list[Values]] = defaultdict(list)
    for each in stack.of(_SETTINGS):
        if each.properties.get("methodPath", "*/*") == "*/*":
            found[_key_of(each)].append(each.properties.table("settings"))
    return found


def _key_of(resource: Resource) -> tuple[str, str]:
    """Return the API, where it is known, and the name of a stage."""
    known = resource.properties.known("restApi")
    return str(resource.properties.get("restApi")) if known else "", str(resource.properties.get("stageName"))


@rule(
    _AUTHORIZER,
    _AUTHORIZER_V2,
    severity=Severity.HIGH,
    controls=["OWASP-API-API2", "OWASP-API-API8", "NIST-800-53-AC-3"],
    link=f"{_GUIDE}/configure-api-gateway-lambda-authorization.html",
    fix="set `authorizerResultTtlInSeconds` to 0, or add the source address to the identity sources",
    options={"max_seconds": 30},
)
def authorizer_cache_respects_context(authorizer: Resource, context: Context) -> Iterator[str]:
    """API Gateway authorizers cache results per address, for at most `max_seconds` seconds (default {max_seconds}).

    A cached result also applies to a revoked key, and without the source address also to callers from elsewhere.
    """
    kind = authorizer.properties.get("type", authorizer.properties.get("authorizerType", "TOKEN"))
    if kind in {"COGNITO_USER_POOLS", "JWT"}:
        return
    default = 300 if authorizer.type == _AUTHORIZER else 0
    seconds = authorizer.properties.number("authorizerResultTtlInSeconds", default)
    v2 = [str(source) for source in authorizer.properties.items_of("identitySources")]
    sources = " ".join([str(authorizer.properties.get("identitySource", "")), *v2]).lower()
    most = context.options["max_seconds"]
    if seconds > most:
        yield f"`authorizerResultTtlInSeconds` is {seconds}, at most {most} is allowed"
    elif seconds > 0 and "sourceip" not in sources:
        yield f"`authorizerResultTtlInSeconds` is {seconds}, and the source address is not an identity source"


@rule(
    _SETTINGS,
    severity=Severity.MEDIUM,
    controls=["FSBP-APIGateway.5", "NIST-800-53-SC-28(1)", "PCI-3.5.1"],
    link=f"{_HUB}#apigateway-5",
    fix="set `cacheDataEncrypted` to true",
)
def stage_cache_is_encrypted(settings: Resource, _context: Context) -> Iterator[str]:
    """API Gateway REST API cache data is encrypted."""
    told = settings.properties.table("settings")
    if told.flag("cachingEnabled") and not told.flag("cacheDataEncrypted"):
        yield "`cachingEnabled` is true and `cacheDataEncrypted` is not true"


@stack_rule(
    _STAGE,
    severity=Severity.MEDIUM,
    controls=["FSBP-APIGateway.4", "PCI-6.4.1", "NIST-800-53-SC-7"],
    link=f"{_HUB}#apigateway-4",
    fix="add an `aws:wafv2/webAclAssociation:WebAclAssociation` with the ARN of the stage as `resourceArn`",
    reads=(_WAF,),
)
def stage_has_a_firewall(stage: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """API Gateway REST API stages are associated with a WAF web ACL."""
    if not stack.named_by(stage, "resourceArn", _WAF):
        yield "no WebAclAssociation has this stage as `resourceArn`"
