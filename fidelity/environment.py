"""The environment that leads official tools to the local clouds of one stack, instead of to real ones."""

from keystead_sandbox.host import gcloud, shell
from keystead_sandbox.host.place import Place
from keystead_sandbox.host.registry import Cloud, Registry

GOOGLE_PATHS = {
    "CLOUDFUNCTIONS2": "v2/",
    "CLOUD_RUN_V2": "v2/",
    "CLOUD_SCHEDULER": "v1/",
    "IAM": "v1/",
    "IAM_BETA": "v1/",
    "IAM_CREDENTIALS": "v1/",
    "KMS": "v1/",
    "LOGGING": "v2/",
    "MONITORING": "",
    "PUBSUB": "v1/",
    "RESOURCE_MANAGER": "v1/",
    "RESOURCE_MANAGER_V3": "v3/",
    "SECRET_MANAGER": "v1/",
    "SERVICE_USAGE": "v1beta1/",
    "STORAGE": "storage/v1/",
}
"""Where each service's calls begin, by its name in GOOGLE_<name>_CUSTOM_ENDPOINT (the provider's page on them)."""


def official(place: Place, registry: Registry, stack: str) -> dict[str, str]:
    """What Terraform's and Pulumi's official providers read; the stand-ins of the sandbox are left out."""
    environment = shell.process_environment(place, registry)
    del environment["PULUMI_DEBUG_PROVIDERS"]
    ca = str(place.directory / "ca.pem")
    environment |= {"AWS_CA_BUNDLE": ca, "SSL_CERT_FILE": ca}
    clouds = registry.clouds[stack]
    if aws := clouds.get("aws"):
        environment |= {"AWS_PROFILE": stack, "AWS_ENDPOINT_URL": aws.endpoint}
    if gcp := clouds.get("gcp"):
        environment |= _google(place, gcp)
    return environment


def _google(place: Place, cloud: Cloud) -> dict[str, str]:
    token = gcloud.token_file(place, cloud.home.identity).read_text()
    endpoints = {f"GOOGLE_{name}_CUSTOM_ENDPOINT": f"{cloud.endpoint}/{path}" for name, path in GOOGLE_PATHS.items()}
    return {"GOOGLE_OAUTH_ACCESS_TOKEN": token, **endpoints}
