"""Where settings come from: a file, the stack's configuration, or beside an exported state."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from keystead_policies.settings import SettingsError

VARIABLE = "KEYSTEAD_POLICY_SETTINGS"
"""Environment variable with the path of a JSON or YAML file of settings."""
CONFIG_KEY = "keystead-policies:settings"
"""Key of the stack's configuration with the same object."""


def from_file(path: Path) -> dict[str, Any]:
    """Read a JSON or YAML file of settings; JSON is YAML."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError("file", str(path), f"a readable YAML or JSON file ({type(error).__name__})") from None
    return _object(found or {}, str(path))


def from_environment() -> dict[str, Any]:
    """Read the file that KEYSTEAD_POLICY_SETTINGS names, if it names one."""
    named = os.environ.get(VARIABLE)
    return from_file(Path(named)) if named else {}


def from_stack(config: Mapping[str, str]) -> dict[str, Any]:
    """Read the settings in a stack's configuration, as the engine sends it: values as text, objects as JSON."""
    text = config.get(CONFIG_KEY)
    if not text:
        return {}
    try:
        return _object(json.loads(text), CONFIG_KEY)
    except ValueError:
        raise SettingsError(CONFIG_KEY, text, "a map") from None


def from_export(exported: Mapping[str, Any]) -> dict[str, Any]:
    """Read the settings that somebody put beside the deployment of an exported state."""
    return _object(exported.get("settings", {}), "beside the deployment")


def _object(found: object, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise SettingsError(where, found, "a map")
    return found
