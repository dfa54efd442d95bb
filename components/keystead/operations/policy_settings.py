"""What a stack file says to the policy pack: its settings, and the waivers of its spec."""

import json
from pathlib import Path

from keystead.model.errors import KeysteadError
from keystead.spec.stackfile import CONFIG_KEY, read

SETTINGS_KEY = "keystead-policies:settings"


def policy_settings(environment: str, directory: Path) -> dict[str, str]:
    """Return what the pack reads of a stack's configuration, as the engine hands it over: values as text."""
    path = directory / f"Pulumi.{environment}.yaml"
    file = read(path, ("config",))
    wrong = [text for place, text in file.problems if place[:1] == (SETTINGS_KEY,)]
    if wrong:
        raise KeysteadError(f"{file.label}: {SETTINGS_KEY}: {wrong[0]}")
    own = file.data.get(SETTINGS_KEY) or {}
    waivers = read(path, ("config", CONFIG_KEY)).data.get("waivers") or {}
    return {
        SETTINGS_KEY: own if isinstance(own, str) else json.dumps(own),
        CONFIG_KEY: json.dumps({"waivers": waivers}),
    }
