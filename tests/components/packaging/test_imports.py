"""What a function imports is found in its source: lazily imported modules and packages too, nothing else."""

from pathlib import Path

import pytest
from keystead.model.errors import ArchiveError
from keystead.packaging.imports import modules

from tests.components.packaging.sources import made_up

ENTRY = "keystead.functions.greeter.aws"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return made_up(tmp_path)


def names(sources: Path, entry: str = ENTRY, without: frozenset[str] = frozenset()) -> set[str]:
    found = modules(entry, sources, without)
    assert all((sources / name).read_bytes() == content for name, content in found.items())
    return {name.removeprefix("keystead/functions/").removesuffix(".py") for name in found}


def test_all_that_the_entry_imports_is_found_and_nothing_else(sources: Path) -> None:
    assert names(sources) == {
        *("__init__", "greeter/__init__", "greeter/aws", "greeter/text"),
        *("shared/__init__", "shared/late", "shared/deep/__init__", "shared/deep/words", "shared/marks"),
    }


def test_another_entry_has_imports_of_its_own(sources: Path) -> None:
    assert names(sources, "keystead.functions.greeter.gcp") == {
        *("__init__", "greeter/__init__", "greeter/gcp", "greeter/text"),
    }


def test_a_module_that_is_left_out_takes_along_what_only_it_imports(sources: Path) -> None:
    without = frozenset({"keystead.functions.shared.late"})
    assert names(sources, without=without) == {
        *("__init__", "greeter/__init__", "greeter/aws", "greeter/text"),
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("from keystead.spec import X", "greeter.text imports keystead.spec, which does not run in a cloud"),
        ("import keystead.spec", "greeter.text imports keystead.spec, which does not run in a cloud"),
        ("from keystead import spec", "greeter.text imports keystead, which does not run in a cloud"),
        ("import keystead.functionsx", "greeter.text imports keystead.functionsx, which does not run in a cloud"),
        ("import keystead.functions.absent", "keystead.functions.absent: there is no such module; correct the import"),
    ],
)
def test_what_does_not_run_in_a_cloud_or_is_not_there_is_one_clear_error(
    line: str, message: str, sources: Path
) -> None:
    (sources / "keystead/functions/greeter/text.py").write_text(f"def late():\n    {line}\n")
    with pytest.raises(ArchiveError, match=message):
        modules(ENTRY, sources)
