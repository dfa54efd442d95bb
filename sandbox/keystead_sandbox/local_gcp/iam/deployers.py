"""The deployer accounts, one per project: its owner, with a token that is valid as long as the cloud runs."""

import os

from keystead_sandbox.local_gcp.settings import deployer
from keystead_sandbox.local_gcp.state.cloud import Cloud


def write(cloud: Cloud) -> None:
    """Give each project's deployer a token, in a file only its user can read."""
    cloud.settings.tokens.mkdir(mode=0o700, parents=True, exist_ok=True)
    for project in cloud.settings.projects:
        file = cloud.settings.tokens / f"{project}.token"
        file.unlink(missing_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(cloud.tokens.issue(deployer(project), None))
