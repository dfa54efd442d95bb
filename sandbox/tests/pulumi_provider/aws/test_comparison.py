"""What counts as the same, and what packs to the same bytes."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keystead_sandbox.pulumi_provider.aws.values import Document
from keystead_sandbox.pulumi_provider.errors import ProviderError
from keystead_sandbox.pulumi_provider.values.archives import zipped
from keystead_sandbox.pulumi_provider.values.containers import Listing
from keystead_sandbox.pulumi_provider.values.scalars import Number, Text, Timestamp, is_empty
from keystead_sandbox.pulumi_provider.wire import ARCHIVE, ASSET, SIGNATURE

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "A", "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": ["a", "b"]},
        {
            "Sid": "B",
            "Effect": "Deny",
            "Principal": {"AWS": "arn:aws:iam::000000000042:root"},
            "Action": ["s:A", "s:B"],
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"k": ["x", "y"]}},
        },
    ],
}
SAME: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "B",
            "Effect": "Deny",
            "Principal": {"AWS": ["000000000042"]},
            "Action": ["s:B", "s:A"],
            "Resource": ["*"],
            "Condition": {"Bool": {"aws:securetransport": False}, "StringEquals": {"k": ["y", "x"]}},
        },
        {"Sid": "A", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["kms:*"], "Resource": ["b", "a"]},
    ],
}


def test_policies_that_mean_the_same_are_the_same() -> None:
    assert Document(policy=True).same(json.dumps(POLICY), json.dumps(SAME, indent=2))


@pytest.mark.parametrize("key", ["Effect", "Action", "Resource", "Condition", "Principal"])
def test_policies_that_differ_in_any_element_differ(key: str) -> None:
    other = json.loads(json.dumps(SAME))
    other["Statement"][0][key] = (
        "Allow" if key == "Effect" else {"AWS": "1"} if key == "Principal" else {"x": {"y": "z"}}
    )
    assert not Document(policy=True).same(json.dumps(POLICY), json.dumps(other))


def test_json_that_is_no_policy_keeps_the_order_of_its_lists() -> None:
    assert Document().same('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}')
    assert not Document().same('{"b": [1, 2]}', '{"b": [2, 1]}')


@settings(deadline=None)
@given(st.lists(st.text(min_size=1), unique=True))
def test_a_set_is_the_same_in_any_order(items: list[str]) -> None:
    assert Listing(Text(), unordered=True).same(items, list(reversed(items)))
    assert not Listing(Text(), unordered=True).same(items, [*items, "one more"])


def test_unset_and_empty_are_the_same_and_times_compare_as_instants() -> None:
    empty: list[Any] = [None, "", 0, False, [], {}]
    assert all(is_empty(value) for value in empty)
    assert Number().same(None, 0)
    assert not Number().same(None, 5)
    assert Timestamp().same("2030-01-01T00:00:00Z", "2030-01-01T02:00:00+02:00")


def test_an_archive_packs_to_the_same_bytes_wherever_and_whenever(tmp_path: Path) -> None:
    packed = []
    for name, order in (("one", ["a.py", "sub/b.py"]), ("two", ["sub/b.py", "a.py"])):
        for file in order:
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_text(f"# {file}\n")
        packed.append(zipped({SIGNATURE: ARCHIVE, "path": str(tmp_path / name)}))
    assert packed[0] == packed[1]
    with zipfile.ZipFile(io.BytesIO(packed[0])) as archive:
        assert archive.namelist() == ["a.py", "sub/b.py"]


def test_assets_directories_and_zips_are_packed_under_their_names(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("file")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "leaf.py").write_text("leaf")
    (tmp_path / "whole.zip").write_bytes(zipped({SIGNATURE: ARCHIVE, "path": str(tmp_path / "tree")}))
    assets = {
        "text.json": {SIGNATURE: ASSET, "text": "{}"},
        "file.py": {SIGNATURE: ASSET, "path": str(tmp_path / "file.py")},
        "package": {SIGNATURE: ARCHIVE, "path": str(tmp_path / "tree")},
        "vendor": {SIGNATURE: ARCHIVE, "path": str(tmp_path / "whole.zip")},
    }
    with zipfile.ZipFile(io.BytesIO(zipped({SIGNATURE: ARCHIVE, "assets": assets}))) as archive:
        assert archive.namelist() == ["file.py", "package/leaf.py", "text.json", "vendor/leaf.py"]
        assert archive.read("vendor/leaf.py") == b"leaf"


def test_a_zip_is_sent_as_it_is_and_a_missing_path_is_named(tmp_path: Path) -> None:
    whole = zipped({SIGNATURE: ARCHIVE, "assets": {"a": {SIGNATURE: ASSET, "text": "x"}}})
    (tmp_path / "code.zip").write_bytes(whole)
    assert zipped({SIGNATURE: ARCHIVE, "path": str(tmp_path / "code.zip")}) == whole
    with pytest.raises(ProviderError, match="nowhere does not exist"):
        zipped({SIGNATURE: ARCHIVE, "path": str(tmp_path / "nowhere")})
