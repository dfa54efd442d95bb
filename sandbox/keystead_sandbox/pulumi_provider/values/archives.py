"""Pulumi's archives and assets: the same bytes every time, whatever is packed where."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from keystead_sandbox.pulumi_provider.errors import ProviderError
from keystead_sandbox.pulumi_provider.values.scalars import Failures, Value, describe
from keystead_sandbox.pulumi_provider.wire import ARCHIVE, ASSET, SIGNATURE

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold


class Archive(Value):
    """A Pulumi archive; what the engine hashed decides whether it changed."""

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is no archive, or one that is to be downloaded."""
        if not isinstance(value, Mapping) or value.get(SIGNATURE) != ARCHIVE:
            yield path, f"expected a FileArchive or an AssetArchive, got {describe(value)}"
        elif "path" not in value and "assets" not in value:
            yield path, "expected a FileArchive or an AssetArchive: the sandbox downloads nothing"

    def encode(self, value: Any) -> bytes:
        """Return the zip's bytes."""
        return zipped(value)

    def same(self, old: Any, new: Any) -> bool:
        """Compare the engine's hashes, or the bytes where it gave none."""
        if not old or not new:
            return not old and not new
        if old.get("hash") and new.get("hash"):
            return bool(old["hash"] == new["hash"])
        return packed(old) == packed(new)


class Source(Archive):
    """An asset, sent as it is, or an archive, sent as a zip."""

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is neither, or is to be downloaded."""
        if isinstance(value, Mapping) and value.get(SIGNATURE) == ASSET:
            if "path" not in value and "text" not in value:
                yield path, "expected a FileAsset or a StringAsset: the sandbox downloads nothing"
        else:
            yield from super().check(value, path)

    def encode(self, value: Any) -> bytes:
        """Return the bytes."""
        return packed(value)


def packed(value: Mapping[str, Any]) -> bytes:
    """Return an asset's content, or an archive's zip."""
    return _content(value, "asset") if value.get(SIGNATURE) == ASSET else zipped(value)


def at_hand(value: Mapping[str, Any]) -> bool:
    """Whether the content can be read here: the engine keeps the hashes of assets in its state, and no content."""
    if value.get("path"):
        return Path(value["path"]).exists()
    if value.get(SIGNATURE) == ASSET:
        return bool(value.get("text"))
    assets = value.get("assets") or {}
    return bool(assets) and all(at_hand(inner) for inner in assets.values())


def sha256(code: bytes) -> str:
    """Return Lambda's CodeSha256 of a zip."""
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


def zipped(archive: Mapping[str, Any]) -> bytes:
    """Zip an archive: sorted names, fixed times and modes. A path that is a zip already is taken as it is."""
    path = archive.get("path")
    if path and Path(path).is_file():
        return Path(path).read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in sorted(_entries(archive, "")):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return buffer.getvalue()


def _entries(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, bytes]]:
    if node.get(SIGNATURE) == ASSET:
        yield prefix, _content(node, prefix)
    elif node.get("path"):
        yield from _directory(Path(node["path"]), prefix)
    else:
        for name, inner in (node.get("assets") or {}).items():
            yield from _entries(inner, f"{prefix}/{name}" if prefix else name)


def _content(asset: Mapping[str, Any], name: str) -> bytes:
    if asset.get("path"):
        return _readable(Path(asset["path"])).read_bytes()
    if asset.get("text") is not None:
        return str(asset["text"]).encode()
    raise ProviderError(f"code: {name}: only files and texts can be packed; the sandbox downloads nothing")


def _directory(root: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    if root.is_file():
        with zipfile.ZipFile(root) as source:
            for name in source.namelist():
                if not name.endswith("/"):
                    yield f"{prefix}/{name}" if prefix else name, source.read(name)
        return
    for file in _readable(root).rglob("*"):
        if file.is_file():
            name = file.relative_to(root).as_posix()
            yield f"{prefix}/{name}" if prefix else name, file.read_bytes()


def _readable(path: Path) -> Path:
    if not path.exists():
        raise ProviderError(f"code: {path} does not exist (relative paths start at the program's directory)")
    return path
