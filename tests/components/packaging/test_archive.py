"""The rotator's archive: equal bytes everywhere, others as soon as something in it changes, and complete in itself."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from keystead import functions
from keystead.functions.shared import contract
from keystead.functions.shared.contract import RotatorSettings
from keystead.model.errors import BundleError
from keystead.packaging import archive as bundle
from keystead.spec.loading import build

PROVISIONING = ["pulumi", "pulumi_aws", "pydantic", "pydantic_core", "jinja2", "yaml", "typer", "rich"]
SPEC: dict[str, Any] = {
    "tier": "low",
    "owners": ["payments"],
    "aws": {"account": "123456789012", "region": "us-east-1"},
    "keys": {"data": {"purpose": "secrets of checkout"}},
    "secrets": {
        "api-key": {"purpose": "opens", "key": "data", "rotation": {"every": "90d"}},
        "by-hand": {"purpose": "opens", "key": "data", "rotation": {"rotator": "manual"}},
    },
}
EXTERNAL = {"rotator": "external", "code": "rotators/gateway.py", "strategy": "GatewayKeys", "settings": {"url": "x"}}
BOTH: dict[str, Any] = {
    **SPEC,
    "gcp": {"project": "acme-dev", "number": "300000000003", "location": "us-east1"},
    "secrets": {
        "on-both": {"purpose": "opens", "key": "data", "rotation": {"every": "90d"}},
        "on-aws": {"purpose": "opens", "key": "data", "clouds": ["aws"]},
        "on-gcp": {"purpose": "opens", "key": "data", "clouds": ["gcp"]},
        "key-file": {
            "purpose": "opens",
            "key": "data",
            "clouds": ["gcp"],
            "rotation": {
                "rotator": "service-account-key",
                "service_account": "upload@acme-dev.iam.gserviceaccount.com",
            },
        },
        "at-a-gateway": {"purpose": "opens", "key": "data", "clouds": ["gcp"], "rotation": EXTERNAL},
    },
}


@pytest.fixture
def settings() -> RotatorSettings:
    return bundle.settings_of(build("dev", SPEC, {}))


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the functions, made the source of the archive."""
    copy = tmp_path / "elsewhere" / "functions"
    root = Path(functions.__path__[0])
    for file in (*root.rglob("*.py"), *root.rglob("*.txt")):
        target = copy / file.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    yield copy
    monkeypatch.undo()


@pytest.fixture
def gcp_settings() -> RotatorSettings:
    return bundle.settings_of(build("dev", BOTH, {}), "gcp")


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """A folder of stack files with an external rotator's code."""
    code = tmp_path / "stacks" / "rotators" / "gateway.py"
    code.parent.mkdir(parents=True)
    code.write_text("class GatewayKeys:\n    pass\n")
    return tmp_path / "stacks"


def test_another_folder_time_and_file_mode_give_the_same_bytes(
    settings: RotatorSettings, sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bundle.rotator_bundle(settings, tmp_path / "first")
    for file in sources.rglob("*.py"):
        file.chmod(0o600)
        os.utime(file, (1_000_000_000, 1_000_000_000))
    monkeypatch.setattr(functions, "__file__", str(sources / "__init__.py"))
    second = bundle.rotator_bundle(settings, tmp_path / "second")
    assert Path(first.path).read_bytes() == Path(second.path).read_bytes()
    assert first.sha256 == second.sha256
    with zipfile.ZipFile(first.path) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o644}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)


def test_a_changed_setting_and_a_changed_line_of_code_give_another_archive(
    settings: RotatorSettings, sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "dev/api-key"
    changed = replace(settings.secrets[name], overlap=settings.secrets[name].overlap + 3600)
    other = replace(settings, secrets={**settings.secrets, name: changed})
    hashes = {bundle.rotator_bundle(one, tmp_path).sha256 for one in (settings, other)}
    monkeypatch.setattr(functions, "__file__", str(sources / "__init__.py"))
    (sources / "rotator" / "rotation.py").write_text(
        (sources / "rotator" / "rotation.py").read_text() + "# another line\n"
    )
    hashes.add(bundle.rotator_bundle(settings, tmp_path).sha256)
    assert len(hashes) == len(list(tmp_path.glob("rotator-*.zip"))) == 3


def test_the_archive_holds_code_and_settings_and_nothing_else(settings: RotatorSettings, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle.rotator_bundle(settings, tmp_path).path) as archive:
        names = archive.namelist()
        told = contract.load(archive.read(contract.SETTINGS_FILE))
    assert told == settings
    assert set(told.secrets) == {"dev/api-key", "dev/by-hand"}
    own = [name for name in names if name != contract.SETTINGS_FILE]
    assert [name for name in own if not (name.startswith("keystead/functions/") and name.endswith(".py"))] == [
        "keystead/__init__.py"
    ]


def test_the_handler_imports_from_the_archive_alone(settings: RotatorSettings, tmp_path: Path) -> None:
    archive = bundle.rotator_bundle(settings, tmp_path)
    module, _, function = contract.AWS_HANDLER.rpartition(".")
    program = (
        "import importlib, sys\n"
        f"sys.path.insert(0, {archive.path!r})\n"
        f"sys.modules.update(dict.fromkeys({PROVISIONING!r}))\n"
        f"handler = importlib.import_module({module!r})\n"
        f"assert callable(getattr(handler, {function!r}))\n"
        "ours = [one.__file__ for name, one in sys.modules.items() if one and name.split('.')[0] == 'keystead']\n"
        f"assert len(ours) > 5 and all(file.startswith({archive.path!r}) for file in ours), ours\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_an_archive_that_was_cut_short_is_written_again(settings: RotatorSettings, tmp_path: Path) -> None:
    whole = Path(bundle.rotator_bundle(settings, tmp_path).path)
    data = whole.read_bytes()
    whole.write_bytes(data[:100])
    assert Path(bundle.rotator_bundle(settings, tmp_path).path).read_bytes() == data
    assert list(tmp_path.iterdir()) == [whole]


def test_a_folder_that_cannot_be_written_is_one_clear_error(settings: RotatorSettings, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, where a folder is wanted")
    with pytest.raises(BundleError, match=r"archive cannot be written: .*; make the folder writable or free space"):
        bundle.rotator_bundle(settings, tmp_path / "taken")


def test_each_clouds_rotator_is_told_of_its_own_secrets_and_that_of_aws_of_the_pairs() -> None:
    spec = build("dev", BOTH, {})
    on_aws, on_gcp = bundle.settings_of(spec, "aws"), bundle.settings_of(spec, "gcp")
    assert {name: secret.mirror for name, secret in on_aws.secrets.items()} == {
        "dev/on-aws": "",
        "dev/on-both": "dev-on-both",
    }
    audience = spec.scope("gcp").audience
    assert on_aws.mirror == contract.MirrorSettings("acme-dev", "300000000003", audience)
    assert set(on_gcp.secrets) == {"dev-on-gcp", "dev-key-file", "dev-at-a-gateway"}
    assert on_gcp.mirror is None
    assert on_gcp.cloud == contract.CloudSettings("acme-dev", "us-east1", "300000000003")
    assert on_gcp.secrets["dev-key-file"].service_account == "upload@acme-dev.iam.gserviceaccount.com"
    external = on_gcp.secrets["dev-at-a-gateway"].external
    assert external == contract.External("rotators/gateway", "GatewayKeys", {"url": "x"})
    for told in (on_aws, on_gcp):
        assert contract.load(contract.dump(told)) == told


def test_without_a_pair_aws_is_told_nothing_of_gcp() -> None:
    spec = {**BOTH, "secrets": {"on-aws": BOTH["secrets"]["on-aws"], "on-gcp": BOTH["secrets"]["on-gcp"]}}
    assert bundle.settings_of(build("dev", spec, {}), "aws").mirror is None


def test_the_archive_for_gcp_has_an_entry_point_and_what_to_install_and_nothing_of_aws(
    gcp_settings: RotatorSettings, stacks: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(bundle.rotator_bundle(gcp_settings, tmp_path, stacks).path) as archive:
        names = set(archive.namelist())
        installed = archive.read("requirements.txt").decode()
    assert {name for name in names if not name.startswith("keystead/")} == {
        *("main.py", "requirements.txt", "settings.json", "external/rotators/gateway.py")
    }
    assert not any("aws" in name or name.endswith("rotator/main.py") for name in names)
    assert "functions-framework==" in installed


def test_an_external_rotators_code_travels_to_either_cloud(stacks: Path, tmp_path: Path) -> None:
    entry = {"purpose": "opens", "key": "data", "rotation": EXTERNAL}
    spec = build("dev", {**BOTH, "secrets": {"at-a-gateway": entry}}, {})
    settings = bundle.settings_of(spec, "aws")
    with zipfile.ZipFile(bundle.rotator_bundle(settings, tmp_path, stacks).path) as archive:
        assert archive.read("external/rotators/gateway.py").startswith(b"class GatewayKeys")
        assert "main.py" not in archive.namelist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"rotators/gateway.py: the code of an external rotator cannot be read: No such file"),
        ("class (:", r"rotators/gateway.py: the code of an external rotator is no Python: .*line 1.*; correct it"),
    ],
    ids=["missing", "no Python"],
)
def test_code_that_cannot_be_shipped_is_one_clear_error(
    content: str | None, message: str, gcp_settings: RotatorSettings, stacks: Path, tmp_path: Path
) -> None:
    code = stacks / "rotators" / "gateway.py"
    code.unlink()
    if content is not None:
        code.write_text(content)
    with pytest.raises(BundleError, match=message):
        bundle.rotator_bundle(gcp_settings, tmp_path, stacks)


def test_the_archive_for_gcp_has_equal_bytes_too(
    gcp_settings: RotatorSettings, sources: Path, stacks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bundle.rotator_bundle(gcp_settings, tmp_path / "first", stacks)
    os.utime(stacks / "rotators" / "gateway.py", (1_000_000_000, 1_000_000_000))
    monkeypatch.setattr(functions, "__file__", str(sources / "__init__.py"))
    assert bundle.rotator_bundle(gcp_settings, tmp_path / "second", stacks).sha256 == first.sha256
    (sources / "rotator" / "requirements.txt").write_text("flask\n")
    assert bundle.rotator_bundle(gcp_settings, tmp_path / "third", stacks).sha256 != first.sha256


def test_the_entry_point_on_gcp_is_the_archives_own_also_where_the_package_is_installed(
    gcp_settings: RotatorSettings, stacks: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(bundle.rotator_bundle(gcp_settings, tmp_path, stacks).path) as archive:
        archive.extractall(tmp_path / "deployed")
    program = (
        "import runpy, sys; before = set(sys.modules)\n"
        f"entry = runpy.run_path({str(tmp_path / 'deployed' / 'main.py')!r})\n"
        f"function = entry[{contract.GCP_HANDLER!r}]\n"
        "print(function.__code__.co_filename)\n"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))\n"
    )
    command = [sys.executable, "-P", "-c", program]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    file, modules = ran.stdout.splitlines()
    assert Path(file) == tmp_path / "deployed" / "keystead" / "functions" / "rotator" / "gcp.py"
    assert modules.split() == ["keystead"]
