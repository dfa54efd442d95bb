"""The rotator's archives: each cloud's is told of its own secrets and holds nothing of the other cloud."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from keystead.functions.rotator.settings import (
    CloudSettings,
    ExternalSettings,
    FollowerSettings,
    RotatorSettings,
    WindowSettings,
)
from keystead.functions.shared.settings import SETTINGS_FILE, dump, load
from keystead.model.clouds import Cloud
from keystead.model.errors import ArchiveError
from keystead.packaging.archive import write_archive
from keystead.packaging.rotator import ROTATOR, archive_with, rotator_archive, rotator_settings
from keystead.spec.loading import build

from tests.components.packaging.sources import copied

PROVISIONING = ["pulumi", "pulumi_aws", "pydantic", "pydantic_core", "jinja2", "yaml", "typer", "rich"]
ON_AWS = {"api-key": {"purpose": "opens", "key": "data", "rotation": {"every": "90d"}}}
SPEC: dict[str, Any] = {
    "tier": "low",
    "owners": ["payments"],
    "aws": {"account": "123456789012", "region": "us-east-1"},
    "keys": {"data": {"purpose": "secrets of checkout"}},
    "secrets": {**ON_AWS, "by-hand": {"purpose": "opens", "key": "data", "rotation": {"rotator": "manual"}}},
}
EXTERNAL = {"rotator": "external", "code": "rotators/gateway.py", "strategy": "GatewayKeys", "settings": {"url": "x"}}
ACCOUNT = "upload@acme-dev.iam.gserviceaccount.com"
MIRRORED: dict[str, Any] = {
    **SPEC,
    "gcp": {"project": "acme-dev", "number": "300000000003", "location": "us-east1"},
    "secrets": {
        "mirrored": {"purpose": "opens", "key": "data", "rotation": {"every": "90d"}},
        "on-aws": {"purpose": "opens", "key": "data", "clouds": ["aws"]},
        "on-gcp": {"purpose": "opens", "key": "data", "clouds": ["gcp"]},
        "key-file": {
            "purpose": "opens",
            "key": "data",
            "clouds": ["gcp"],
            "rotation": {"rotator": "service-account-key", "service_account": ACCOUNT},
        },
        "at-a-gateway": {"purpose": "opens", "key": "data", "clouds": ["gcp"], "rotation": EXTERNAL},
    },
}


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """A folder of stack files with an external rotator's code."""
    code = tmp_path / "stacks" / "rotators" / "gateway.py"
    code.parent.mkdir(parents=True)
    code.write_text("class GatewayKeys:\n    pass\n")
    return tmp_path / "stacks"


def held(spec: dict[str, Any], cloud: Cloud, folder: Path, stacks: Path) -> dict[str, bytes]:
    """What the archive of an environment's rotator holds."""
    archive = rotator_archive(build("dev", spec, {}), cloud, folder, stacks)
    with zipfile.ZipFile(archive.path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_each_clouds_rotator_is_told_of_its_own_secrets_and_that_of_aws_of_the_mirrored_ones() -> None:
    spec = build("dev", MIRRORED, {})
    on_aws, on_gcp = rotator_settings(spec, "aws"), rotator_settings(spec, "gcp")
    assert {name: secret.follower for name, secret in on_aws.secrets.items()} == {
        "dev/on-aws": "",
        "dev/mirrored": "dev-mirrored",
    }
    assert on_aws.follower == FollowerSettings("300000000003", spec.scope("gcp").audience)
    assert set(on_gcp.secrets) == {"dev-on-gcp", "dev-key-file", "dev-at-a-gateway"}
    assert on_gcp.follower is None
    assert on_gcp.cloud == CloudSettings("acme-dev", "us-east1", "300000000003", spec.scope("gcp").rotator_subscription)
    assert on_gcp.secrets["dev-key-file"].service_account == ACCOUNT
    assert on_gcp.secrets["dev-at-a-gateway"].external == ExternalSettings(
        "rotators/gateway", "GatewayKeys", {"url": "x"}
    )
    for told in (on_aws, on_gcp):
        assert load(RotatorSettings, dump(told)) == told


def test_without_a_mirrored_secret_aws_is_told_nothing_of_gcp() -> None:
    secrets = {name: MIRRORED["secrets"][name] for name in ("on-aws", "on-gcp")}
    assert rotator_settings(build("dev", {**MIRRORED, "secrets": secrets}, {}), "aws").follower is None


@pytest.mark.parametrize("alphabet", ["alphanumeric", "hex", "base64url", "printable"])
def test_a_shape_of_the_spec_is_one_that_the_function_takes(alphabet: str) -> None:
    secret = {**ON_AWS["api-key"], "rotation": {"shape": {"alphabet": alphabet, "prefix": "wh_"}}}
    settings = rotator_settings(build("dev", {**SPEC, "secrets": {"api-key": secret}}, {}), "aws")
    shape = settings.secrets["dev/api-key"].shape
    assert shape is not None
    assert shape.prefix == "wh_"
    assert load(RotatorSettings, dump(settings)) == settings


def test_the_archive_for_aws_holds_nothing_of_gcp(tmp_path: Path, stacks: Path) -> None:
    files = held(SPEC, "aws", tmp_path, stacks)
    assert set(load(RotatorSettings, files[SETTINGS_FILE]).secrets) == {"dev/api-key", "dev/by-hand"}
    own = {name for name in files if name.startswith("keystead/functions/")}
    assert set(files) - own == {"keystead/__init__.py", "main.py", SETTINGS_FILE}
    foreign = ("gcp", "google", "mirror", "service_account", "requirements")
    assert [name for name in files if any(word in name for word in foreign)] == []
    assert "keystead/functions/rotator/sweep.py" in own


def test_the_archive_for_gcp_holds_nothing_of_aws(tmp_path: Path, stacks: Path) -> None:
    files = held(MIRRORED, "gcp", tmp_path, stacks)
    assert {name for name in files if not name.startswith("keystead/")} == {
        *("main.py", "requirements.txt", "settings.json", "external/rotators/gateway.py")
    }
    assert [name for name in files if any(word in name for word in ("aws", "mirror", "federation"))] == []
    assert b"functions-framework==" in files["requirements.txt"]


def test_with_a_mirrored_secret_the_archive_for_aws_holds_what_reaches_gcp_and_not_its_handler(
    tmp_path: Path, stacks: Path
) -> None:
    files = held(MIRRORED, "aws", tmp_path, stacks)
    base = "keystead/functions"
    assert {f"{base}/stores/mirrored.py", f"{base}/stores/gcp.py", f"{base}/shared/google/federation.py"} <= set(files)
    assert not {f"{base}/rotator/gcp.py", f"{base}/rotator/strategies/service_account_key.py"} & set(files)


def test_an_external_rotators_code_travels_to_either_cloud(stacks: Path, tmp_path: Path) -> None:
    entry = {"purpose": "opens", "key": "data", "rotation": EXTERNAL}
    files = held({**MIRRORED, "secrets": {"at-a-gateway": entry}}, "aws", tmp_path, stacks)
    assert files["external/rotators/gateway.py"].startswith(b"class GatewayKeys")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"rotators/gateway.py: the code of an external rotator cannot be read: No such file"),
        ("class (:", r"rotators/gateway.py: the code of an external rotator is not Python: .*line 1.*; correct it"),
    ],
    ids=["missing", "not Python"],
)
def test_code_that_cannot_be_shipped_is_one_clear_error(
    content: str | None, message: str, stacks: Path, tmp_path: Path
) -> None:
    code = stacks / "rotators" / "gateway.py"
    code.unlink()
    if content is not None:
        code.write_text(content)
    with pytest.raises(ArchiveError, match=message):
        held(MIRRORED, "gcp", tmp_path, stacks)


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_the_library_in_another_folder_gives_the_same_archive(cloud: Cloud, tmp_path: Path, stacks: Path) -> None:
    secrets = {name: MIRRORED["secrets"][name] for name in ("mirrored", "on-gcp")}
    settings = rotator_settings(build("dev", {**MIRRORED, "secrets": secrets}, {}), cloud)
    first = archive_with(settings, cloud, tmp_path / "first", stacks)
    second = write_archive(
        ROTATOR,
        cloud,
        settings,
        without=frozenset() if settings.follower else frozenset({"keystead.functions.rotator.mirroring"}),
        directory=tmp_path / "second",
        sources=copied(tmp_path / "copy"),
    )
    assert first.sha256 == second.sha256


def run(program: str, folder: Path, *options: str) -> str:
    command = [sys.executable, *options, "-c", program]
    environment = {"PATH": os.environ["PATH"]}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("spec", [SPEC, MIRRORED], ids=["alone", "mirrored"])
def test_every_module_of_the_archive_for_aws_imports_from_it_alone(
    spec: dict[str, Any], stacks: Path, tmp_path: Path
) -> None:
    archive = rotator_archive(build("dev", spec, {}), "aws", tmp_path, stacks)
    module, _, function = archive.handler.rpartition(".")
    run(
        "import importlib, sys, zipfile\n"
        f"sys.path.insert(0, {archive.path!r})\n"
        f"sys.modules.update(dict.fromkeys({PROVISIONING!r}))\n"
        f"assert callable(getattr(importlib.import_module({module!r}), {function!r}))\n"
        f"names = [name[:-3] for name in zipfile.ZipFile({archive.path!r}).namelist() if name.endswith('.py')]\n"
        "for name in names: importlib.import_module(name.replace('/', '.').removesuffix('.__init__'))\n"
        "ours = [one.__file__ for name, one in sys.modules.items() if one and name.split('.')[0] == 'keystead']\n"
        f"assert len(ours) > 15 and all(file.startswith({archive.path!r}) for file in ours), ours\n",
        tmp_path,
    )


def test_the_entry_point_on_gcp_is_the_archives_own_also_where_the_package_is_installed(
    stacks: Path, tmp_path: Path
) -> None:
    archive = rotator_archive(build("dev", MIRRORED, {}), "gcp", tmp_path, stacks)
    with zipfile.ZipFile(archive.path) as packed:
        packed.extractall(tmp_path / "deployed")
    shown = run(
        "import runpy, sys; before = set(sys.modules)\n"
        f"entry = runpy.run_path({str(tmp_path / 'deployed' / 'main.py')!r})\n"
        f"print(entry[{archive.handler!r}].__code__.co_filename)\n"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))\n",
        tmp_path,
        "-P",
    )
    file, imported = shown.splitlines()
    assert Path(file) == tmp_path / "deployed" / "keystead" / "functions" / "rotator" / "gcp.py"
    assert imported.split() == ["keystead"]


def test_a_window_is_told_where_the_store_does_not_keep_it_and_the_longest_time_where_it_does() -> None:
    rotation = {"every": "30d", "at": "03:00"}
    secrets = {
        "mirrored": {"purpose": "opens", "key": "data", "rotation": rotation},
        "on-gcp": {"purpose": "opens", "key": "data", "clouds": ["gcp"], "rotation": rotation},
    }
    spec = build("dev", {**MIRRORED, "secrets": secrets}, {})
    on_aws, on_gcp = rotator_settings(spec, "aws").secrets["dev/mirrored"], rotator_settings(spec, "gcp")
    assert (on_aws.window, on_aws.every) == (None, 31 * 86400)
    assert (on_gcp.secrets["dev-on-gcp"].window, on_gcp.secrets["dev-on-gcp"].every) == (
        WindowSettings(3, 4),
        30 * 86400,
    )
