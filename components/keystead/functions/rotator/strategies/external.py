"""The user's own strategy for a third-party service: one class in one file of the function's archive.

    class GatewayKeys:
        def __init__(self, settings: Mapping[str, str]) -> None: ...
        def create(self, current: Callable[[], str | None]) -> str: ...
        def apply(self, pending: str, current: Callable[[], str | None]) -> None: ...
        def verify(self, pending: str) -> None: ...      # raises unless the value works
        def retire(self, previous: str) -> None: ...

Every method may be repeated and may run twice at once.
"""

import contextlib
import functools
import importlib.util
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from keystead.functions.rotator.settings import EXTERNAL_FOLDER, ExternalSettings
from keystead.functions.shared import redaction
from keystead.functions.shared.errors import ExternalError, SettingsError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import Read

METHODS = ("create", "apply", "verify", "retire")


class ExternalRotator:
    """Calls the user's class with plain text; passes its errors on as a type, its output with known values masked."""

    unattended = True

    def __init__(self, external: ExternalSettings, folder: Path) -> None:
        self._external = external
        self._file = folder / f"{external.module}.py"

    def create(self, current: Read) -> Sensitive:
        """Return the value that the class made."""
        made = self._call("create", _plain(current))
        if not isinstance(made, str) or not made:
            raise ExternalError(f"{self._external.strategy}.create must return text that is not empty")
        return Sensitive(made)

    def fits(self, pending: Sensitive) -> bool:  # noqa: ARG002  # the protocol's signature
        """Keep what is there: the service may know it already."""
        return True

    def abandon(self, value: Sensitive) -> None:
        """Do nothing: a class may return the same value again, which another call may have stored."""

    def apply(self, pending: Sensitive, current: Read) -> None:
        """Have the class make the service accept the pending value."""
        self._call("apply", pending.reveal(), _plain(current))

    def verify(self, pending: Sensitive) -> None:
        """Have the class try the pending value."""
        self._call("verify", pending.reveal())

    def retire(self, previous: Read) -> None:
        """Have the class make the service refuse the previous value."""
        value = previous()
        if value is not None:
            self._call("retire", value.reveal())

    def _call(self, method: str, *arguments: object) -> object:
        with _masked_output():
            strategy = self._strategy
            try:
                return getattr(strategy, method)(*arguments)
            except (Exception, SystemExit) as error:  # noqa: BLE001  # its text may hold a value
                kind = type(error).__name__
        raise ExternalError(f"{self._external.strategy}.{method} raised {kind}")

    @functools.cached_property
    def _strategy(self) -> Any:
        """The user's object, created at its first use, so that a broken file fails its own secret only."""
        where, name = f"{EXTERNAL_FOLDER}/{self._external.module}.py", self._external.strategy
        module = self._module(where)
        found = getattr(module, name, None)
        if not isinstance(found, type):
            raise SettingsError(f"{where}: has no class {name}")
        missing = [method for method in METHODS if not callable(getattr(found, method, None))]
        if missing:
            raise SettingsError(f"{where}: class {name} lacks {', '.join(missing)}")
        try:
            return found(dict(self._external.settings))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # its text may hold anything
            kind = type(error).__name__
        raise SettingsError(f"{where}: {name}(settings) raised {kind}")

    def _module(self, where: str) -> object:
        spec = importlib.util.spec_from_file_location(f"external.{self._file.stem}", self._file)
        if spec is None or spec.loader is None or not self._file.is_file():
            raise SettingsError(f"{where}: is not in the archive")
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # its text may hold anything
            kind = type(error).__name__
        else:
            return module
        raise SettingsError(f"{where}: cannot be loaded, it raised {kind}")


def _plain(read: Read) -> Callable[[], str | None]:
    def text() -> str | None:
        value = read()
        return None if value is None else value.reveal()

    return text


@contextlib.contextmanager
def _masked_output() -> Iterator[None]:
    with contextlib.redirect_stdout(_Masked(sys.stdout)), contextlib.redirect_stderr(_Masked(sys.stderr)):
        yield


class _Masked(io.TextIOBase):
    """Passes on what is printed with known values masked: printing bypasses the redaction of logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(redaction.mask(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()
