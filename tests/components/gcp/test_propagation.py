"""What relies on rights and services that were just given waits or is tried again; nothing else does."""

import asyncio
import datetime as dt
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from keystead.gcp import propagation
from keystead.gcp.propagation import LONGEST, TYPICAL, Propagation, is_late
from keystead.packaging import contract

REFUSED_AGENT = "googleapi: Error 400: Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource 'key'"
REFUSED_DEPLOYER = "Error creating Secret: googleapi: Error 403: Permission 'secretmanager.secrets.create' denied"
DISABLED = "googleapi: Error 403: Cloud KMS API has not been used in project 1 before or it is disabled."


class Clock:
    """A clock that waiting moves."""

    def __init__(self) -> None:
        self.time = dt.datetime(2026, 11, 27, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += dt.timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(contract, "now", made.now)
    monkeypatch.setattr(asyncio, "sleep", made.sleep)
    hook = lambda name, call: SimpleNamespace(name=name, call=call)  # noqa: E731 # registering one takes an engine
    monkeypatch.setattr(pulumi, "ResourceHook", hook)
    monkeypatch.setattr(pulumi, "ErrorHook", hook)
    monkeypatch.setattr(pulumi.log, "info", lambda _text: None)
    return made


def bound(hooks: Propagation, kind: str) -> dict[str, list[Any]]:
    """The hooks that a resource of this type gets."""
    given = pulumi.ResourceTransformArgs(True, kind, "name", {}, pulumi.ResourceOptions())
    result = hooks.bind(given)
    assert result is not None
    assert result.opts.hooks is not None
    return {name: hooks or [] for name, hooks in vars(result.opts.hooks).items()}


def run(hook: Any, *errors: str, kind: str = "gcp:secretmanager/secret:Secret", **inputs: str) -> Any:
    """What a hook answers."""
    args = SimpleNamespace(name="name", type=kind, errors=list(errors), failed_operation="create", new_inputs=inputs)
    answer = hook.call(args)
    return asyncio.run(answer) if asyncio.iscoroutine(answer) else answer


def test_a_function_is_built_once_the_rights_given_in_this_run_have_taken_effect(clock: Clock) -> None:
    hooks = Propagation("dev")
    (given,) = bound(hooks, "gcp:projects/iAMMember:IAMMember")["after_create"]
    (waits,) = bound(hooks, propagation.FUNCTION)["before_create"]
    run(given)
    start = clock.time
    run(waits)
    assert clock.time - start == TYPICAL
    run(waits)
    assert clock.time - start == TYPICAL


def test_nothing_waits_where_a_sandbox_says_that_rights_take_effect_at_once(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks, start = Propagation("dev"), clock.time
    run(bound(hooks, "gcp:projects/iAMMember:IAMMember")["after_create"][0])
    monkeypatch.setenv(propagation.AT_ONCE, "true")
    run(bound(hooks, propagation.FUNCTION)["before_create"][0])
    assert clock.time == start


def test_where_nothing_was_given_in_this_run_nothing_waits_or_is_tried_again(clock: Clock) -> None:
    hooks, start = Propagation("dev"), clock.time
    run(bound(hooks, propagation.FUNCTION)["before_create"][0])
    assert run(bound(hooks, "gcp:secretmanager/secret:Secret")["on_error"][0], REFUSED_AGENT) is False
    assert clock.time == start


def test_a_secret_is_tried_again_until_rights_have_taken_effect_but_not_for_ever(clock: Clock) -> None:
    hooks = Propagation("dev")
    run(bound(hooks, "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")["after_create"][0])
    (again,) = bound(hooks, "gcp:secretmanager/secret:Secret")["on_error"]
    start, tries = clock.time, 0
    while run(again, REFUSED_AGENT):
        tries += 1
    assert clock.time - start > LONGEST
    assert tries < 100


@pytest.mark.parametrize(
    ("error", "late"),
    [(REFUSED_AGENT, True), (DISABLED, True), (REFUSED_DEPLOYER, False), ("Error 409: exists", False)],
)
def test_only_what_a_late_right_or_service_explains_is_tried_again(error: str, late: bool) -> None:
    assert is_late(error) is late


def test_a_failed_function_is_told_with_the_command_that_repairs_it(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", told.append)
    (failed,) = bound(Propagation("dev"), propagation.FUNCTION)["on_error"]
    assert run(failed, "Build failed", kind=propagation.FUNCTION, name="dev-rotator", location="us-east1") is False
    assert "`gcloud functions delete dev-rotator --region=us-east1 --quiet`, then `pulumi up` again" in told[0]


def test_two_environments_of_one_program_have_hooks_of_their_own(clock: Clock) -> None:
    def names(environment: str) -> set[str]:
        hooks = Propagation(environment)
        kinds = (propagation.FUNCTION, "gcp:projects/iAMMember:IAMMember")
        return {hook.name for kind in kinds for several in bound(hooks, kind).values() for hook in several}

    assert len(names("dev")) == 3
    assert not names("dev") & names("prod")


@pytest.mark.parametrize(
    "kind",
    [
        "gcp:projects/service:Service",
        "gcp:projects/serviceIdentity:ServiceIdentity",
        "gcp:projects/iAMMember:IAMMember",
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        "gcp:secretmanager/secretIamMember:SecretIamMember",
    ],
)
def test_every_kind_of_right_counts(clock: Clock, kind: str) -> None:
    assert bound(Propagation("dev"), kind)["after_create"]
    assert not bound(Propagation("dev"), "gcp:kms/cryptoKey:CryptoKey")["after_create"]
