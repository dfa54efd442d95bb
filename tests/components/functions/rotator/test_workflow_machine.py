"""Any mixture of rotations, faults, overtaking and sweeps keeps the current value valid and out of the logs."""

import contextlib
import datetime as dt
import io
import logging

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from keystead.functions.rotator.settings import SecretSettings
from keystead.functions.rotator.sweep import Sweep
from keystead.functions.rotator.workflow import RotationStep, RotationWorkflow
from keystead.functions.shared import logs
from keystead.functions.shared.errors import FunctionError

from tests.components.functions.memory import LATER, SECRET, Crash, Fault, MemoryStore, ServiceRotator, World

DAY = 86400
SETTINGS = SecretSettings("service", every=90 * DAY, overlap=30 * DAY)
steps = st.sampled_from(list(RotationStep))
tokens = st.integers(min_value=0, max_value=3)
calls = st.integers(min_value=1, max_value=15)
HARMLESS = (Crash, FunctionError)


class RotationMachine(RuleBasedStateMachine):
    """Plays the store's service, the schedule, an operator and a failing network against the core."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.store = MemoryStore(self.world)
        self.service = ServiceRotator(self.world)
        strategies = {SECRET: self.service}
        self.rotation = RotationWorkflow(self.store, strategies)
        self.sweep = Sweep(self.store, strategies, {SECRET: SETTINGS}, self.rotation)
        self.begun: list[str] = []

    @initialize()
    def first_value(self) -> None:
        self.start()
        self.settle()

    @rule()
    def start(self) -> None:
        if self.store.bearer("pending") in (None, self.store.bearer("current")):
            self.begun.append(f"token-{len(self.begun)}")
            self.store.begin(self.begun[-1])

    @rule()
    def cancel(self) -> None:
        self.store.cancel()

    @rule(step=steps, back=tokens, at=calls, before=st.booleans())
    def killed_step(self, step: RotationStep, back: int, at: int, before: bool) -> None:
        with contextlib.suppress(*HARMLESS):
            self.world.attempt(lambda: self.rotation.step(step, SECRET, self.token(back)), Fault(at, before))

    @rule(step=steps, back=tokens, at=calls, other=steps, other_back=tokens)
    def overtaken_step(self, step: RotationStep, back: int, at: int, other: RotationStep, other_back: int) -> None:
        def meanwhile() -> None:
            with contextlib.suppress(FunctionError):
                self.rotation.step(other, SECRET, self.token(other_back))

        with contextlib.suppress(FunctionError):
            fault = Fault(at, meanwhile=meanwhile)
            self.world.attempt(lambda: self.rotation.step(step, SECRET, self.token(back)), fault)

    @rule(step=steps, at=calls)
    def step_overtaken_by_a_whole_rotation(self, step: RotationStep, at: int) -> None:
        def meanwhile() -> None:
            self.store.cancel()
            self.start()
            with contextlib.suppress(FunctionError):
                self.settle()

        with contextlib.suppress(FunctionError):
            fault = Fault(at, meanwhile=meanwhile)
            self.world.attempt(lambda: self.rotation.step(step, SECRET, self.token(0)), fault)

    @rule(at=calls, before=st.booleans())
    def killed_run(self, at: int, before: bool) -> None:
        self.begun.append(f"token-{len(self.begun)}")
        with contextlib.suppress(*HARMLESS):
            self.world.attempt(lambda: self.rotation.run(SECRET, self.begun[-1], LATER), Fault(at, before))

    @rule(days=st.integers(min_value=1, max_value=100))
    def days_pass(self, days: int) -> None:
        self.world.now += dt.timedelta(days=days)

    @rule(at=calls, before=st.booleans())
    def swept(self, at: int, before: bool) -> None:
        with contextlib.suppress(*HARMLESS):
            self.world.attempt(lambda: self.sweep.run(self.world.now), Fault(at, before))

    @rule(at=calls)
    def sweep_overtaken_by_a_rotation(self, at: int) -> None:
        before = self.store.bearer("current")
        self.world.attempt(lambda: self.sweep.run(self.world.now), Fault(at, meanwhile=self.settle))
        if before is not None and self.store.bearer("current") != before:
            assert self.store.bearer("previous") == before
            assert self.store.value(before) in self.service.accepted

    @rule()
    def settle(self) -> None:
        """The retry that finds the world in order completes whatever was begun."""
        token = self.store.bearer("pending")
        if token is None:
            return
        for step in RotationStep:
            self.rotation.step(step, SECRET, token)
        assert self.store.bearer("current") == token

    @invariant()
    def the_current_value_is_valid(self) -> None:
        current = self.store.bearer("current")
        assert current is not None or len(self.begun) <= 1
        assert current is None or self.store.value(current) in self.service.accepted

    @invariant()
    def the_previous_value_is_valid_or_was_retired(self) -> None:
        previous = self.store.value(self.store.bearer("previous"))
        assert previous is None or previous in self.service.accepted | self.service.refused

    def token(self, back: int) -> str:
        return self.begun[max(0, len(self.begun) - 1 - back)]


@pytest.mark.usefixtures("clean_logging")
def test_whatever_happens_the_current_value_is_valid_and_no_value_is_logged() -> None:
    written = io.StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(written))
    logging.getLogger().setLevel(logging.DEBUG)
    logs.configure()
    run_state_machine_as_test(
        RotationMachine,
        settings=settings(
            max_examples=150,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert "set to [redacted]" in written.getvalue()
    assert "canary-0" not in written.getvalue()
