"""Where settings come from: a file, the stack's configuration, or beside an exported state."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from keystead_policies.engine.settings import SettingsError

VARIABLE = "KEYSTEAD_POLICY_SETTINGS"
"""Environment variable with the path of a JSON or YAML file of settings."""
CONFIG_KEY = "keystead-policies:settings"
"""Key of the stack's configuration with the same object."""
SPEC_KEY = "keystead:environment"
"""Key of an environment's spec, which may hold `waivers`; nothing else in it is read."""


def from_file(path: Path) -> dict[str, Any]:
    """Read a JSON or YAML file of settings; JSON is YAML."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise SettingsError("file", str(path), f"a readable YAML or JSON file ({type(error).__name__})") from None
    return _object(found or {}, str(path))


def from_environment() -> dict[str, Any]:
    """Read the file that KEYSTEAD_POLICY_SETTINGS names, if it names one."""
    named = os.environ.get(VARIABLE)
    return from_file(Path(named)) if named else {}


def from_stack(config: Mapping[str, str]) -> dict[str, Any]:
    """Read the settings in a stack's configuration, as the engine sends it: values as text, objects as JSON.

    Waivers of an environment's spec count as well; those of the settings override them.
    """
    text = config.get(CONFIG_KEY)
    try:
        own = _object(json.loads(text), CONFIG_KEY) if text else {}
    except (TypeError, ValueError):
        raise SettingsError(CONFIG_KEY, text, "a map as JSON text") from None
    waivers = _in_spec(config.get(SPEC_KEY, ""))
    return {**own, "waivers": {**waivers, **_object(own.get("waivers") or {}, "waivers")}} if waivers else own


def _in_spec(text: str) -> dict[str, Any]:
    """Return the waivers in a spec; a spec of another shape has none."""
    try:
        found = json.loads(text or "{}")
    except (TypeError, ValueError):
        return {}
    waivers = found.get("waivers") if isinstance(found, dict) else None
    return waivers if isinstance(waivers, dict) else {}


def from_export(exported: Mapping[str, Any]) -> dict[str, Any]:
    """Read the stack's configuration from the key `config` beside the deployment of an exported state."""
    return from_stack(_object(exported.get("config", {}), "config, beside the deployment,"))


def _object(found: object, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise SettingsError(where, found, "a map")
    return found
