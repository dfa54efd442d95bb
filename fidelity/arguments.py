"""The arguments of one resource, as its schema in Terraform names and nests them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fidelity.provider import Properties, snake

ASSET = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks assets, archives and secrets (sdk/go/common/resource/sig.Key)."""
OF_PULUMI = frozenset({"region"})
"""Arguments of pulumi-aws 7 that an older provider has in aliased providers instead."""


class Arguments:
    """Converts inputs by one resource's schema, and collects what does not fit."""

    def __init__(self, schema: Properties, renamed: Mapping[str, str], root: Path, address: str) -> None:
        self._schema = schema
        self._renamed = renamed
        self._root = root
        self._address = address
        self.problems: list[str] = []

    def has(self, name: str) -> bool:
        """Whether the resource has this argument."""
        return name in self._schema.get("attributes", {})

    def of(self, inputs: Properties) -> dict[str, Any]:
        """The arguments that say what the inputs say."""
        return self._block(inputs, self._schema, self._address, self._renamed)

    def path(self, ignored: str) -> str:
        """A path of `ignoreChanges` as Terraform writes it: a block that is there once has an index."""
        block, written = self._schema, ""
        steps = ignored.split(".")
        for number, step in enumerate(steps, 1):
            name = _named(self._renamed.get(step, step), block) or snake(step)
            written += f"{'.' if written else ''}{name}"
            if name in block.get("block_types", {}):
                block = block["block_types"][name]["block"]
                written += "[0]" if number < len(steps) else ""
        return written

    def _block(self, inputs: Properties, block: Properties, where: str, renamed: Mapping[str, str]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in inputs.items():
            if key.startswith("__") or value is None:
                continue
            name = _named(renamed.get(key, key), block)
            if name is None:
                if key not in OF_PULUMI:
                    self.problems.append(f"{where}.{key}: the official provider has no such argument")
            elif name in block.get("block_types", {}):
                result[name] = self._nested(value, block["block_types"][name], f"{where}.{key}")
            else:
                attribute = block["attributes"][name]
                if attribute.get("optional") or attribute.get("required"):
                    result[name] = self._attribute(value, attribute)
        for name, attribute in block.get("attributes", {}).items():
            if attribute.get("required") and name not in result:
                self.problems.append(f"{where}.{name}: the official provider requires it")
        return result

    def _nested(self, value: Any, kind: Properties, where: str) -> list[dict[str, Any]]:
        items = value if isinstance(value, list) else [value]
        if kind.get("max_items") == 1 and len(items) > 1:
            self.problems.append(f"{where}: the official provider takes one, not {len(items)}")
        return [self._block(one, kind["block"], where, {}) for one in items if isinstance(one, dict)]

    def _attribute(self, value: Any, attribute: Properties) -> Any:
        if isinstance(value, dict) and ASSET in value:
            return str((self._root / value["path"]).resolve())
        kind = attribute.get("type")
        several = isinstance(kind, list) and kind[0] in {"list", "set"}
        return [value] if several and not isinstance(value, list) else value


def _named(key: str, block: Properties) -> str | None:
    """The argument's name: Pulumi writes it in camel case, and in the plural where it can be there more than once."""
    known = {**block.get("attributes", {}), **block.get("block_types", {})}
    return next((one for one in _singulars(snake(key)) if one in known), None)


def _singulars(word: str) -> Iterator[str]:
    yield word
    for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending):
            yield word.removesuffix(ending) + singular
