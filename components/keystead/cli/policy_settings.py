"""What a stack file says to the policy pack: its settings, and the waivers of its spec."""

import json
from pathlib import Path
from typing import Any

from keystead.errors import KeysteadError
from keystead.stackfile import CONFIG_KEY, read

SETTINGS_KEY = "keystead-policies:settings"


def policy_settings(environment: str, directory: Path) -> dict[str, Any]:
    """Return the settings of a stack as the engine would hand them to the pack."""
    path = directory / f"Pulumi.{environment}.yaml"
    file = read(path, ("config",))
    wrong = [text for place, text in file.problems if place[:1] == (SETTINGS_KEY,)]
    if wrong:
        raise KeysteadError(f"{file.label}: {SETTINGS_KEY}: {wrong[0]}")
    own = _object(file.data.get(SETTINGS_KEY) or {}, f"{file.origin((SETTINGS_KEY,))}: {SETTINGS_KEY}")
    waivers = read(path, ("config", CONFIG_KEY)).data.get("waivers") or {}
    return {**own, "waivers": {**waivers, **own.get("waivers", {})}} if waivers else own


def _object(found: object, where: str) -> dict[str, Any]:
    """Read an object, or the text of one, which is how `pulumi config set` writes it."""
    try:
        parsed = json.loads(found) if isinstance(found, str) else found
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise KeysteadError(f"{where}: must be a mapping, or JSON of one.")
    return parsed
