"""The local GCP beside an AWS account: where a Lambda function of an environment on both clouds finds it."""

from pathlib import Path

from keystead_sandbox.common.registry import RegistryError, stacks


def environment(registry: Path | None, account: str, function: str, ca: Path) -> dict[str, str]:
    """What a function's environment says of the GCP project of its environment; nothing where there is none.

    The registry is read at each start of a function, since the clouds start before it is written.
    """
    try:
        found = stacks(registry) if registry else {}
    except RegistryError:
        return {}
    projects = {
        name: clouds["gcp"]["endpoint"]
        for name, clouds in found.items()
        if "gcp" in clouds and "aws" in clouds and clouds["aws"].get("account") == account
    }
    own = [name for name in projects if function.startswith(f"{name}-")]
    if not own and len(projects) != 1:
        return {}
    name = max(own, key=len) if own else next(iter(projects))
    return {"KEYSTEAD_GCP_ENDPOINT": projects[name], "SSL_CERT_FILE": str(ca)}
