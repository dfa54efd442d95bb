"""Access to APIs beyond single routes: resource policies, OpenAPI bodies, CORS, logs, AppSync, CloudFront."""

import re
from collections.abc import Iterator

from keystead_policies.engine.resources.encoding import document
from keystead_policies.engine.resources.policy_document import statements
from keystead_policies.engine.resources.public_access import publicly_allowed
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Values
from keystead_policies.engine.rule import Context, Severity, rule

_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
_API_V2 = "aws:apigatewayv2/api:Api"
_REST = "aws:apigateway/restApi:RestApi"
_METHODS = frozenset(("get", "put", "post", "delete", "patch", "head", "x-amazon-apigateway-any-method"))
_CREDENTIALS = re.compile(r"authorization|x-api-key|cookie|identity\.apiKey(?!Id)", re.IGNORECASE)
"""Parts of a request that hold credentials."""
_MODERN_TLS = re.compile(r"TLSv1\.[23]")


@rule(
    _API_V2,
    severity=Severity.CRITICAL,
    controls=["FSBP-APIGateway.8", "OWASP-API-API2", "OWASP-API-API5"],
    link=f"{_GUIDE}/http-api-develop.html",
    fix="remove `target` and `routeKey`, and add a Route with an authorizer",
)
def api_has_no_quick_create_route(api: Resource, _context: Context) -> Iterator[str]:
    """API Gateway HTTP APIs are not created with a default route without authorization."""
    if api.properties.given("target"):
        yield "`target` is set, which creates a route without an authorizer"


@rule(
    _REST,
    severity=Severity.CRITICAL,
    controls=["OWASP-API-API2", "OWASP-API-API5"],
    link=f"{_GUIDE}/api-gateway-swagger-extensions-auth.html",
    fix="add `security` to each operation in `body`, or to the whole document",
)
def api_body_is_authorized(api: Resource, _context: Context) -> Iterator[str]:
    """API Gateway OpenAPI documents require authorization for every operation.

    A document in YAML cannot be read, and is a finding as well.
    """
    if not api.properties.given("body"):
        return
    body = document(api.properties, "body")
    if not body:
        yield "`body` is not a JSON document, so its operations cannot be evaluated"
    if body.items_of("security"):
        return
    if unsecured := list(_operations(body.table("paths"))):
        yield f"`body` has no `security` for {', '.join(unsecured)}"


def _operations(paths: Values) -> Iterator[str]:
    """Return the operations without a security requirement."""
    for path in paths:
        for method in paths.table(path):
            operation = paths.table(path).table(method)
            secured = operation.items_of("security") or operation.given("x-amazon-apigateway-auth")
            if method.lower() in _METHODS and not secured:
                yield f"{method.upper()} {path}"


@rule(
    "aws:apigateway/restApiPolicy:RestApiPolicy",
    _REST,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "PCI-1.3.1", "OWASP-API-API8"],
    link=f"{_GUIDE}/apigateway-resource-policies-examples.html",
    fix="list the principals, add a condition, or add a Deny statement that limits the callers",
)
def api_policy_is_not_public(policy: Resource, _context: Context) -> Iterator[str]:
    """API Gateway resource policies limit the callers.

    A statement for all principals needs a condition, or a Deny statement with one beside it.
    """
    limiting = [each for each in statements(policy.properties, "policy") if not each.allows and each.conditions]
    if not limiting:
        yield from publicly_allowed(policy)


@rule(
    _API_V2,
    severity=Severity.LOW,
    controls=["OWASP-API-API8"],
    link=f"{_GUIDE}/http-api-cors.html",
    fix="list the origins in `allowOrigins`",
)
def api_limits_its_origins(api: Resource, _context: Context) -> Iterator[str]:
    """API Gateway HTTP APIs limit the origins of CORS requests."""
    if "*" in list(api.properties.table("corsConfiguration").items_of("allowOrigins")):
        yield "`allowOrigins` of `corsConfiguration` includes *"


@rule(
    "aws:apigateway/methodSettings:MethodSettings",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AU-9", "OWASP-API-API8"],
    link=f"{_GUIDE}/set-up-logging.html",
    fix="set `dataTraceEnabled` to false",
)
def stage_does_not_log_requests_in_full(settings: Resource, _context: Context) -> Iterator[str]:
    """API Gateway stages do not log complete requests and responses.

    Data tracing writes headers and bodies to the log, API keys and tokens included.
    """
    if settings.properties.table("settings").flag("dataTraceEnabled"):
        yield "`dataTraceEnabled` is true"


@rule(
    "aws:apigateway/stage:Stage",
    "aws:apigatewayv2/stage:Stage",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AU-9", "OWASP-API-API8"],
    link=f"{_GUIDE}/api-gateway-mapping-template-reference.html",
    fix="remove headers with credentials from `format` in `accessLogSettings`",
)
def access_log_has_no_credentials(stage: Resource, _context: Context) -> Iterator[str]:
    """API Gateway access logs contain no credentials."""
    text = str(stage.properties.table("accessLogSettings").get("format", ""))
    if found := _CREDENTIALS.search(text):
        yield f"`format` of `accessLogSettings` includes {found.group(0)}"


@rule(
    "aws:appsync/graphQLApi:GraphQLApi",
    severity=Severity.HIGH,
    controls=["OWASP-API-API2", "NIST-800-53-AC-3"],
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/appsync-controls.html#appsync-5",
    fix="set `authenticationType` to `AWS_IAM`, `AMAZON_COGNITO_USER_POOLS`, `OPENID_CONNECT` or `AWS_LAMBDA`",
)
def graphql_api_is_authorized(api: Resource, _context: Context) -> Iterator[str]:
    """AppSync APIs do not use API keys for authentication."""
    if api.properties.get("authenticationType") == "API_KEY":
        yield "`authenticationType` is API_KEY"


@rule(
    "aws:cloudfront/distribution:Distribution",
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-8(1)", "PCI-4.2.1", "OWASP-SM-2.8"],
    link="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html",
    fix="set `minimumProtocolVersion` to `TLSv1.2_2021` or newer",
)
def distribution_asks_for_tls_1_2(distribution: Resource, _context: Context) -> Iterator[str]:
    """CloudFront distributions with a certificate of their own require TLS 1.2 or newer."""
    certificate = distribution.properties.table("viewerCertificate")
    version = str(certificate.get("minimumProtocolVersion", "TLSv1"))
    if certificate and not certificate.flag("cloudfrontDefaultCertificate") and not _MODERN_TLS.match(version):
        yield f"`minimumProtocolVersion` is {version}, at least TLSv1.2_2018 is required"
