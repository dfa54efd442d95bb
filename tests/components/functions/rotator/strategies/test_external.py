"""The user's own strategy: called with plain text, and never a way for values into logs or errors."""

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from keystead.functions.rotator.settings import ExternalSettings, SecretSettings
from keystead.functions.rotator.strategies import Rotator, build
from keystead.functions.shared.errors import ExternalError, SettingsError
from keystead.functions.shared.redaction import MASK, Sensitive

GATEWAY = """
import sys

class GatewayKeys:
    def __init__(self, settings):
        self.url = settings["url"]
        self.calls = []

    def create(self, current):
        return f"canary-after-{current()}"

    def apply(self, pending, current):
        print("setting", pending, "at", self.url)
        print("was", current(), file=sys.stderr)

    def verify(self, pending):
        if pending != "canary-after-None":
            raise ValueError(f"{pending} is refused")

    def retire(self, previous):
        sys.exit(f"no way to retire {previous}")
"""
EXTERNAL = ExternalSettings("rotators/gateway", "GatewayKeys", {"url": "https://gateway.example"})


@dataclasses.dataclass
class Setup:
    root: Path

    def rotator(self, source: str = GATEWAY, external: ExternalSettings = EXTERNAL) -> Rotator:
        file = self.root / "external" / "rotators" / "gateway.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
        return build(SecretSettings("external", 2, 1, external=external), self.root)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_the_class_is_given_its_settings_and_plain_values(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    rotator = setup.rotator()
    value = rotator.create(lambda: None)
    assert value == Sensitive("canary-after-None")
    rotator.verify(value)
    assert rotator.fits(value)
    assert rotator.unattended
    rotator.apply(value, lambda: Sensitive("canary-the-current-one"))
    printed = capsys.readouterr()
    assert printed.out == f"setting {MASK} at https://gateway.example\n"
    assert printed.err == f"was {MASK}\n"


@pytest.mark.parametrize("method", ["verify", "retire"])
def test_what_it_raises_leaves_as_its_type_alone(setup: Setup, method: str) -> None:
    rotator, value = setup.rotator(), Sensitive("canary-of-another-kind")
    acts: dict[str, Callable[[], None]] = {
        "verify": lambda: rotator.verify(value),
        "retire": lambda: rotator.retire(lambda: value),
    }
    with pytest.raises(ExternalError, match=rf"GatewayKeys\.{method} raised (ValueError|SystemExit)") as failure:
        acts[method]()
    assert "canary" not in str(failure.value)
    assert failure.value.__cause__ is failure.value.__context__ is None


def test_nothing_is_retired_where_there_is_nothing(setup: Setup) -> None:
    setup.rotator().retire(lambda: None)
    setup.rotator().abandon(Sensitive("canary-never-stored"))


@pytest.mark.parametrize("made", ["None", "''", "b'canary'"])
def test_a_value_that_is_not_text_is_refused(setup: Setup, made: str) -> None:
    source = GATEWAY.replace('f"canary-after-{current()}"', made)
    with pytest.raises(ExternalError, match=r"GatewayKeys\.create must return text that is not empty"):
        setup.rotator(source).create(lambda: None)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            GATEWAY.replace("class GatewayKeys", "class Others"),
            "external/rotators/gateway.py: has no class GatewayKeys",
        ),
        (GATEWAY + "GatewayKeys = 3\n", "has no class GatewayKeys"),
        (GATEWAY.replace("def verify", "def check"), "class GatewayKeys lacks verify"),
        ("class GatewayKeys: pass", "class GatewayKeys lacks create, apply, verify, retire"),
        (GATEWAY.replace('settings["url"]', 'settings["address"]'), r"GatewayKeys\(settings\) raised KeyError"),
        ("raise RuntimeError('canary')", "cannot be loaded, it raised RuntimeError"),
        ("class (:", "cannot be loaded, it raised SyntaxError"),
        ("import nowhere_to_be_found", "cannot be loaded, it raised ModuleNotFoundError"),
    ],
)
def test_a_file_that_cannot_serve_says_why_and_fails_its_own_secret_only(
    setup: Setup, source: str, message: str
) -> None:
    rotator = setup.rotator(source)
    with pytest.raises(SettingsError, match=message) as failure:
        rotator.create(lambda: None)
    assert "canary" not in str(failure.value)


def test_a_file_that_is_not_in_the_archive_is_named(tmp_path: Path) -> None:
    rotator = build(SecretSettings("external", 2, 1, external=EXTERNAL), tmp_path)
    with pytest.raises(SettingsError, match=r"external/rotators/gateway\.py: is not in the archive"):
        rotator.create(lambda: None)


def test_external_without_a_strategy_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="rotator 'external' needs a module and a strategy"):
        build(SecretSettings("external", 2, 1), tmp_path)


def test_the_streams_are_whole_again_afterwards(setup: Setup) -> None:
    before = sys.stdout, sys.stderr
    setup.rotator().create(lambda: None)
    assert (sys.stdout, sys.stderr) == before
