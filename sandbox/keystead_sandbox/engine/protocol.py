"""Pulumi's gRPC messages without the SDK around them.

The engine starts its language host twice per command. The whole SDK takes 0.7 s to import, its messages 0.3 s (2 cores,
2026-11-22); this stands in for the two packages on the way to them. For processes that need nothing else of the SDK.
"""

import sys
from importlib.util import find_spec
from types import ModuleType

_found = find_spec("pulumi")
if _found is None or _found.submodule_search_locations is None:
    raise ImportError("the Pulumi SDK is not installed")
_root = next(iter(_found.submodule_search_locations))
for _name, _path in (("pulumi", _root), ("pulumi.runtime", f"{_root}/runtime")):
    _package = ModuleType(_name)
    _package.__path__ = [_path]
    sys.modules.setdefault(_name, _package)

from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2  # noqa: E402 - through the stand-ins

__all__ = ["language_pb2", "language_pb2_grpc", "plugin_pb2"]
