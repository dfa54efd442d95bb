"""The local GCP beside an AWS account: where a Lambda function of an environment on both clouds finds it."""

import json
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


def environment(registry: Path | None, account: str, function: str, ca: Path) -> dict[str, str]:
    """What a function's environment says of the GCP project of its environment; nothing where there is none.

    The registry is read at each start of a function, since the clouds start before it is written.
    """
    try:
        stacks: dict[str, Entry] = json.loads(registry.read_text())["stacks"] if registry else {}
    except (OSError, ValueError, KeyError):
        return {}
    projects = {
        name: str(entry["gcp"]["endpoint"])
        for name, entry in stacks.items()
        if entry.get("gcp") and (entry.get("aws") or {}).get("account") == account
    }
    own = [name for name in projects if function.startswith(f"{name}-")]
    if not own and len(projects) != 1:
        return {}
    name = max(own, key=len) if own else next(iter(projects))
    return {"KEYSTEAD_GCP_ENDPOINT": projects[name], "SSL_CERT_FILE": str(ca)}
