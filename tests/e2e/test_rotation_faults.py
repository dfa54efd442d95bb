"""Rotation under fire: the deployed rotator, its steps repeated, run twice at once, killed and left without answers.

The function deployed by `up` gets its own bundle back with one module more, which breaks the call that a test names.
"""

import functools
import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keystead.packaging.rotator import rotator_archive
from keystead.spec.loading import load

from tests.e2e.landscape import ELSEWHERE, Sandbox

ENVIRONMENT, SECRET = "faults", "till-key"
FUNCTION = "faults-rotator"
ALARM = "faults-rotation-failed"
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]
NAMES = dict(zip(STEPS, ["create", "apply", "verify", "finish"], strict=True))
"""What the rotator's log calls the steps."""
PATIENCE_SECONDS = 60

PUT, RETIRE, PROMOTE = ("createSecret", 3), ("finishSecret", 4), ("finishSecret", 5)
"""The calls with a side effect: step, and which of its calls to Secrets Manager it is."""


class Rotator:
    """A deployed rotator, one secret of it, and the plan of its next fault."""

    def __init__(self, sandbox: Sandbox, plan: Path) -> None:
        self.sandbox = sandbox
        self.plan = plan
        self.seen: set[str] = set()
        self.client = functools.cache(lambda service: sandbox.client(ENVIRONMENT, service))
        self.log_in()

    def log_in(self) -> None:
        """Become the reader, whose session ends within an hour."""
        session = self.sandbox.assume(ENVIRONMENT, self.sandbox.outputs(ENVIRONMENT)["roles"]["shop-reader"])
        self._reader = self.sandbox.client(ENVIRONMENT, "secretsmanager", session, address=ELSEWHERE)

    def read(self, stage: str = "AWSCURRENT") -> str:
        """Read as the shop does; every value ever seen is kept, to look for it in the log."""
        value = str(
            self._reader.get_secret_value(SecretId=f"{ENVIRONMENT}/{SECRET}", VersionStage=stage)["SecretString"]
        )
        self.seen.add(value)
        return value

    def rotate(self, token: str) -> None:
        """Start a rotation, or try again the one that failed."""
        self.client("secretsmanager").rotate_secret(SecretId=f"{ENVIRONMENT}/{SECRET}", ClientRequestToken=token)

    def labels(self, token: str) -> list[str]:
        described = self.client("secretsmanager").describe_secret(SecretId=f"{ENVIRONMENT}/{SECRET}")
        return list(described["VersionIdsToStages"].get(token, []))

    def invoke(self, step: str, token: str) -> dict[str, Any]:
        """Ask the function itself for one step, as a delivery that comes twice would."""
        arn = self.client("secretsmanager").describe_secret(SecretId=f"{ENVIRONMENT}/{SECRET}")["ARN"]
        event = {"Step": step, "SecretId": arn, "ClientRequestToken": token}
        return dict(self.client("lambda").invoke(FunctionName=FUNCTION, Payload=json.dumps(event)))

    def break_at(self, fault: str, step: str, call: int) -> None:
        for suffix in (".taken", ".held", ".release"):
            self.plan.with_suffix(suffix).unlink(missing_ok=True)
        self.plan.write_text(json.dumps({"fault": fault, "step": step, "call": call}))

    def broke(self) -> bool:
        return self.plan.with_suffix(".taken").exists()

    def held(self) -> bool:
        return self.plan.with_suffix(".held").exists()

    def release(self) -> None:
        self.plan.with_suffix(".release").touch()

    def completed(self, token: str) -> bool:
        return "AWSCURRENT" in self.labels(token)

    def log(self) -> list[str]:
        """Every line the rotator has logged."""
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{FUNCTION}")
        return [line for page in pages for entry in page["events"] for line in entry["message"].splitlines()]

    def outcomes(self, token: str) -> list[tuple[str, str]]:
        """What became of each step of this rotation so far: its name, and `done` or the error's type."""
        events = [json.loads(line) for line in self.log() if line.startswith("{")]
        steps = [event for event in events if event.get("version") == token and "step" in event]
        return [(event["step"], event.get("error", "done")) for event in steps]

    def state_of(self, alarm: str) -> str:
        (found,) = self.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        return str(found["StateValue"])


def within_patience(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE_SECONDS} s: {what}"
        time.sleep(0.1)


def faulty_bundle(directory: Path, stacks: Path) -> bytes:
    """The bundle that provisioning deploys, with the faulty handler beside it."""
    archive = rotator_archive(load(ENVIRONMENT, stacks), "aws", directory)
    packed = io.BytesIO(Path(archive.path).read_bytes())
    with zipfile.ZipFile(packed, "a") as bundle:
        bundle.write(Path(__file__).with_name("faulty_handler.py"), "faulty_handler.py")
    return packed.getvalue()


@pytest.fixture(scope="module")
def broken(aws_landscape: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Rotator:
    """The rotator of an environment that no other test uses, with the faulty handler in its function."""
    place = Path(tmp_path_factory.mktemp("faults"))
    rotator = Rotator(aws_landscape, place / "plan")
    functions = rotator.client("lambda")
    stacks = aws_landscape.project / "stacks"
    functions.update_function_code(FunctionName=FUNCTION, ZipFile=faulty_bundle(place, stacks))
    functions.update_function_configuration(
        FunctionName=FUNCTION,
        Handler="faulty_handler.handle",
        Environment={"Variables": {"FAULT_PLAN": str(rotator.plan)}},
    )
    return rotator


@pytest.fixture
def rotator(broken: Rotator) -> Rotator:
    broken.log_in()
    return broken


def rotate(rotator: Rotator) -> str:
    """One rotation without faults; the version before it is there as previous afterwards."""
    token = str(uuid.uuid4())
    rotator.rotate(token)
    within_patience(lambda: rotator.completed(token), "a rotation without faults")
    return token


@pytest.mark.parametrize("fault", ["kill before", "kill after", "lose the answer"])
@pytest.mark.parametrize(("step", "call"), [PUT, RETIRE, PROMOTE], ids=["put", "retire", "promote"])
def test_a_rotation_broken_at_a_side_effect_keeps_the_value_valid_and_the_next_try_completes_it(
    rotator: Rotator, fault: str, step: str, call: int
) -> None:
    rotate(rotator)
    before, token = rotator.read(), str(uuid.uuid4())
    rotator.break_at(fault, step, call)
    rotator.rotate(token)
    within_patience(rotator.broke, f"{fault} call {call} of {step}")
    promoted = fault != "kill before" and (step, call) == PROMOTE
    assert (rotator.read() == before) is not promoted
    within_patience(lambda: rotator.completed(token), "the next try")
    assert rotator.read() != before
    assert rotator.read("AWSPREVIOUS") == before


@pytest.mark.parametrize("step", STEPS)
def test_a_rotation_killed_at_the_start_of_a_step_is_completed_by_the_next_try(rotator: Rotator, step: str) -> None:
    before, token = rotator.read(), str(uuid.uuid4())
    rotator.break_at("kill before", step, 1)
    rotator.rotate(token)
    within_patience(rotator.broke, f"the kill in {step}")
    assert rotator.read() == before
    within_patience(lambda: rotator.completed(token), "the next try")
    assert rotator.read("AWSPREVIOUS") == before


@pytest.mark.parametrize(
    ("step", "call"), [PUT, ("setSecret", 2), ("testSecret", 3), PROMOTE], ids=["create", "set", "test", "finish"]
)
def test_a_step_that_runs_twice_at_once_does_what_it_does_once(rotator: Rotator, step: str, call: int) -> None:
    rotate(rotator)
    before, token = rotator.read(), str(uuid.uuid4())
    rotator.break_at("hold", step, call)
    rotator.rotate(token)
    within_patience(rotator.held, f"{step} before its call {call}")
    assert "FunctionError" not in rotator.invoke(step, token)
    assert rotator.read("AWSPREVIOUS" if step == "finishSecret" else "AWSCURRENT") == before
    rotator.release()
    within_patience(lambda: len(rotator.outcomes(token)) == len(STEPS) + 1, "the rest of the rotation")
    assert sorted(rotator.outcomes(token)) == sorted((NAMES[one], "done") for one in [*STEPS, step])
    assert rotator.read("AWSPREVIOUS") == before


@pytest.mark.parametrize("step", STEPS[1:])
def test_the_steps_so_far_can_be_repeated_while_the_next_one_runs(rotator: Rotator, step: str) -> None:
    before, token = rotator.read(), str(uuid.uuid4())
    rotator.break_at("hold", step, 1)
    rotator.rotate(token)
    within_patience(rotator.held, f"the start of {step}")
    for earlier in STEPS[: STEPS.index(step)]:
        assert "FunctionError" not in rotator.invoke(earlier, token), earlier
    assert rotator.read() == before
    rotator.release()
    within_patience(lambda: rotator.completed(token), "the rest of the rotation")


def test_every_step_can_be_repeated_after_the_rotation(rotator: Rotator) -> None:
    token = rotate(rotator)
    value = rotator.read()
    for step in STEPS:
        assert "FunctionError" not in rotator.invoke(step, token), step
    assert rotator.read() == value


def test_a_version_that_is_not_being_rotated_is_refused_and_changes_nothing(rotator: Rotator) -> None:
    superseded = rotate(rotator)
    rotate(rotator)
    value = rotator.read()
    for step in STEPS:
        answer = rotator.invoke(step, superseded)
        assert "FunctionError" in answer
        assert "another rotation took its place" in answer["Payload"].read().decode()
    assert rotator.read() == value


def test_a_failure_raises_the_alarm_and_no_value_is_in_the_log(rotator: Rotator) -> None:
    rotator.sandbox.sandbox("advance", "3h")
    rotator.log_in()
    within_patience(lambda: rotator.state_of(ALARM) == "OK", "the end of the alarm over earlier failures")
    token = str(uuid.uuid4())
    rotator.break_at("lose the answer", *PUT)
    rotator.rotate(token)
    within_patience(lambda: rotator.state_of(ALARM) == "ALARM", f"the alarm {ALARM}")
    within_patience(lambda: rotator.completed(token), "the next try")
    rotator.read()
    assert ("create", "ConnectionClosedError") in rotator.outcomes(token)
    written = "\n".join(rotator.log())
    assert [value for value in rotator.seen if value in written] == []
