"""Exported states as they come: without a root, of other shapes than expected, with resources that are only read."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.policies.programs import SECRET, SIGNATURE
from tests.policies.test_check import URN, Command, command, entry, state

__all__ = ["command"]
KEY = "aws:kms/key:Key"
CRYPTO = "gcp:kms/cryptoKey:CryptoKey"


def document(command: Command, exported: object, *arguments: str) -> Any:
    done = command(exported, "--json", "out.json", *arguments)
    assert done.returncode in {0, 1}, done.stderr
    return command.json("out.json")


def messages(told: Any, rule: str) -> list[str]:
    return [finding["message"] for finding in told["findings"] if finding["rule"] == rule]


def test_a_state_without_its_root_belongs_to_the_stack_of_its_urns(command: Command) -> None:
    exported = {"version": 3, "deployment": {"resources": [entry(KEY, "orders")]}}
    told = document(command, exported)
    assert (told["stack"], told["stage"], told["failed"]) == ("prod", "production", True)
    waits = {"policy": {SIGNATURE: SECRET, "ciphertext": "v1:abc"}}
    told = document(command, {"version": 3, "deployment": {"resources": [entry(KEY, "orders", inputs=waits)]}})
    about = next(each["resource"] for each in told["findings"] if each["rule"] == "values-are-known")
    assert about["urn"] == f"{URN}pulumi:pulumi:Stack::shop-prod"


def test_each_provider_that_no_rule_reads_is_named_once_and_components_are_not(command: Command) -> None:
    others = ("aws-native:kms:Key", "google-native:cloudkms/v1:CryptoKey", "pulumi-nodejs:dynamic:Resource")
    made = [entry(kind, f"{kind[:3]}{index}") for kind in others for index in range(3)]
    component = entry("keystead:aws:EncryptionKey", "orders", custom=False)
    told = document(command, state(*made, component, entry(KEY, "orders")))
    found = [each for each in told["findings"] if each["rule"] == "providers-are-read"]
    providers = ("aws-native", "google-native", "pulumi-nodejs")
    assert [each["message"].split(";")[0] for each in found] == [
        f"Stack 'shop-prod': provider {provider}: 3 resources are not evaluated" for provider in providers
    ]
    assert {each["level"] for each in found} == {"advisory"}


@pytest.mark.parametrize(
    ("kind", "inputs", "rule", "told"),
    [
        (CRYPTO, {"rotationPeriod": "90d"}, "gcp-key-rotates", "`rotationPeriod` is '90d', not a number of seconds"),
        (KEY, {"deletionWindowInDays": "a week"}, "aws-key-can-be-recovered", "is 'a week', not a number"),
        (KEY, {"deletionWindowInDays": [7]}, "aws-key-can-be-recovered", "is a list or object, not a number"),
        (KEY, {"enableKeyRotation": "on"}, "aws-key-rotates", "`enableKeyRotation` is 'on', not true or false"),
        (CRYPTO, {"versionTemplate": {"protectionLevel": 7}}, "gcp-key-rotates", "unexpected shape (AttributeError)"),
    ],
)
def test_a_value_of_an_unexpected_kind_is_a_finding_of_its_rule_and_the_others_go_on(
    command: Command, kind: str, inputs: dict[str, Any], rule: str, told: str
) -> None:
    found = document(command, state(entry(kind, "orders", inputs=inputs), entry(KEY, "tokens")))
    (message,) = messages(found, rule) if rule != "aws-key-rotates" else messages(found, rule)[:1]
    assert told in message
    assert f"the rule {rule} could not be evaluated" in message
    assert any("'tokens'" in each for each in messages(found, "aws-key-rotates"))
    assert {each["level"] for each in found["findings"] if each["rule"] == rule} == {"mandatory"}


@pytest.mark.parametrize(
    ("kind", "inputs", "rule"),
    [
        (KEY, {"deletionWindowInDays": "30"}, "aws-key-can-be-recovered"),
        (KEY, {"enableKeyRotation": "true"}, "aws-key-rotates"),
        ("aws:cloudtrail/trail:Trail", {"eventSelectors": [None]}, "aws-trail-records-use-of-keys-and-secrets"),
    ],
)
def test_a_number_or_boolean_in_a_text_is_read_as_providers_read_it_and_null_entries_are_left_out(
    command: Command, kind: str, inputs: dict[str, Any], rule: str
) -> None:
    assert messages(document(command, state(entry(kind, "orders", inputs=inputs))), rule) == []


def test_a_boolean_false_in_a_text_is_not_taken_for_true(command: Command) -> None:
    found = document(command, state(entry(KEY, "orders", inputs={"enableKeyRotation": "false"})))
    assert len(messages(found, "aws-key-rotates")) == 1


NESTED = "[" * 100_000 + "]" * 100_000
MALFORMED: dict[str, Any] = {
    "no object": [],
    "a number": 7,
    "no resources list": {"deployment": {"resources": {"a": 1}}},
    "resources as text": {"deployment": {"resources": "none"}},
    "deployment as list": {"deployment": []},
    "an entry that is a text": state("orders"),  # type: ignore[arg-type]
    "an entry that is null": state(None),  # type: ignore[arg-type]
    "urn that is a number": state({**entry(KEY, "a"), "urn": 7}),
    "urn that is none": state({**entry(KEY, "a"), "urn": "orders"}),
    "urn that is no Unicode": state({**entry(KEY, "a"), "urn": f"{URN}{KEY}::\ud800"}),
    "type that is null": state({**entry(KEY, "a"), "type": None}),
    "id that is a list": state(entry(KEY, "a", id=[])),
    "provider that is an object": state(entry(KEY, "a", provider={})),
    "inputs that are a list": state(entry(KEY, "a", inputs=[1])),
    "inputs that are a text": state(entry(KEY, "a", inputs="none")),
    "outputs that are a number": state(entry(KEY, "a", outputs=7)),
    "dependencies that are a list": state(entry(KEY, "a", propertyDependencies=["x"])),
    "dependencies of a number": state(entry(KEY, "a", propertyDependencies={"policy": 7})),
    "dependencies that are objects": state(entry(KEY, "a", propertyDependencies={"policy": [{}]})),
    "delete that is a text": state(entry(KEY, "a", delete="no")),
    "external that is a text": state(entry(KEY, "a", external="no")),
    "a secret that is no JSON": state(entry(KEY, "a", inputs={"policy": {SIGNATURE: SECRET, "plaintext": "{"}})),
    "a secret that is a number": state(entry(KEY, "a", inputs={"policy": {SIGNATURE: SECRET, "plaintext": 7}})),
    "nested too deeply": f'{{"deployment": {NESTED}}}',
    "cut off": json.dumps(state())[:-10],
    "empty": "",
}


@pytest.mark.parametrize("exported", MALFORMED.values(), ids=list(MALFORMED))
def test_a_malformed_state_ends_with_one_line_and_exit_code_2(command: Command, exported: object) -> None:
    done = command(exported)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: state.json ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00", b"null"])
def test_a_file_that_is_no_state_ends_with_one_line_and_exit_code_2(command: Command, content: bytes) -> None:
    (command.directory / "state.json").write_bytes(content)
    done = command.run("check", "state.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('{"rules": {"aws-key-can-be-recovered": {"min_days": "many"}}}', "min_days is 'many'; write a whole number"),
        ('{"rules": {"aws-attached-policy-is-narrow": {"forbidden": 7}}}', "forbidden is 7; write a list"),
        ("\xff", "write a readable YAML or JSON file"),
    ],
)
def test_settings_of_another_kind_end_with_one_line_and_exit_code_2(
    command: Command, tmp_path: Path, settings: str, told: str
) -> None:
    (tmp_path / "settings.json").write_bytes(settings.encode("latin-1"))
    done = command(state(), "--settings", "settings.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert told in done.stderr


def test_a_resource_that_the_stack_only_reads_is_not_evaluated_and_still_serves_the_others(command: Command) -> None:
    alias = {"name": "alias/prod/orders", "targetKeyId": "k1"}
    own = entry(KEY, "orders", id="k1", inputs={"enableKeyRotation": True})
    looked_up = entry("aws:kms/alias:Alias", "orders", inputs={**alias, "name": "alias/other"}, external=True)
    found = document(command, state(own, looked_up, entry(KEY, "theirs", external=True)))
    assert messages(found, "aws-key-has-alias") == []
    assert not any(each["resource"]["name"] == "theirs" for each in found["findings"])
    assert messages(found, "aws-name-carries-the-environment") == []


def test_names_that_a_terminal_cannot_show_do_not_end_the_check(command: Command) -> None:
    done = command(state(entry("aws:kms/alias:Alias", "orders", inputs={"name": "alias/\ud800"})))
    assert done.returncode == 1, done.stderr
