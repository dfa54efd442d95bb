"""What commands of a sandbox find in their environment."""

from pathlib import Path

import pytest
from keystead_sandbox.host.place import Place
from keystead_sandbox.host.registry import Registry
from keystead_sandbox.host.shell import variables


@pytest.mark.parametrize(("strict", "told"), [(True, ""), (False, "true")])
def test_programs_wait_for_rights_in_a_strict_sandbox_alone(tmp_path: Path, strict: bool, told: str) -> None:
    place = Place(tmp_path, tmp_path / ".sandbox")
    place.prepare()
    if strict:
        place.strict.touch()
    assert variables(place, Registry())["KEYSTEAD_RIGHTS_AT_ONCE"] == told
