"""The JSON Schema of stack files, made from the spec's own model, for editors that complete and check."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from keystead.spec.descriptions import descriptions_of
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.stackfile import CONFIG_KEY

SCHEMA_FILE = "environment.schema.json"
"""Name of the file, in the directory of stack files; `keystead schema --write` writes it and a test keeps it
current."""


def schema() -> dict[str, Any]:
    """Return the schema of `base.yaml` and of `Pulumi.<environment>.yaml`, which have the key `config`.

    Nothing is required in it, since either file may leave a setting to the other, and entries may be null, which
    removes what base.yaml sets. Checks that need the whole spec are left to `keystead check`.
    """
    generated = EnvironmentSpec.model_json_schema(mode="validation", schema_generator=_StackFileSchema)
    definitions = generated.pop("$defs")
    generated["properties"].pop("environment")
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Keystead environment",
        "if": {"required": ["config"]},
        "then": {"$ref": "#/$defs/StackFile"},
        "else": {"$ref": "#/$defs/Environment"},
        "$defs": {
            **definitions,
            "Environment": generated,
            "StackFile": {
                "description": "A Pulumi stack file; other settings in it are Pulumi's own.",
                "type": "object",
                "properties": {
                    "config": {
                        "type": "object",
                        "properties": {CONFIG_KEY: {"$ref": "#/$defs/Environment"}},
                    }
                },
            },
        },
    }


def schema_text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps(schema(), indent=2) + "\n"


class _StackFileSchema(GenerateJsonSchema):
    """Leaves out rules that apply to a merged spec only."""

    def model_schema(self, schema: Any) -> dict[str, Any]:
        """Describe each field; require nothing, and title nothing: editors would show the title instead of the key."""
        built = super().model_schema(schema)
        section = schema["cls"]
        for name, text in descriptions_of(section).items():
            built["properties"][section.model_fields[name].alias or name]["description"] = text
        built.pop("required", None)
        built.pop("title", None)
        return built

    def dict_schema(self, schema: Any) -> dict[str, Any]:
        """Say what a name looks like, and allow an entry to be null."""
        entry = self.generate_inner(schema["values_schema"])
        return {
            "type": "object",
            "propertyNames": self.generate_inner(schema["keys_schema"]),
            "additionalProperties": {"anyOf": [entry, {"type": "null"}]},
        }

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Title no field: the key says it."""
        return False
