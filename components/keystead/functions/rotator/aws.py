"""The rotator's Lambda handler: one step of a rotation that Secrets Manager asks for, or the hourly sweep.

It works only on secrets that its settings name, in the account and region they name, and refuses everything else. Every
failure is logged as an event without values and raised as an error without values.
"""

import functools
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from keystead.functions.rotator import strategies
from keystead.functions.rotator.renaming import Renaming
from keystead.functions.rotator.settings import RotatorSettings
from keystead.functions.rotator.sweep import Sweep
from keystead.functions.rotator.workflow import RotationStep, RotationWorkflow
from keystead.functions.shared import clock, events, logs
from keystead.functions.shared.errors import RefusedError, RotationFailedError
from keystead.functions.shared.faults import describe
from keystead.functions.shared.settings import SETTINGS_FILE, load
from keystead.functions.stores.aws import CLIENT_CONFIG, AwsSecretStore
from keystead.functions.stores.store import SecretStore

STEPS: Mapping[str, RotationStep] = {
    "createSecret": RotationStep.CREATE,
    "setSecret": RotationStep.APPLY,
    "testSecret": RotationStep.VERIFY,
    "finishSecret": RotationStep.FINISH,
}

_TOKEN = re.compile(r"[!-~]{32,64}")
_ROOT = Path(__file__).parents[3]


class LambdaContext(Protocol):
    """What the handler reads from Lambda's context object."""

    invoked_function_arn: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the function may still run."""


def handle(event: object, context: LambdaContext) -> dict[str, object]:
    """Serve one invocation of the Lambda function."""
    logs.configure()
    try:
        return _function().serve(event, context)
    except Exception as error:  # noqa: BLE001  # an error's own text may hold a value; Lambda would log it
        subject, fault = _subject(event), describe(error)
        logs.emit(events.ROTATION_FAILED, level=logging.ERROR, **subject, **fault)
        reason = fault.get("reason", fault["error"])
        raise RotationFailedError(f"{subject['step']} of {subject['secret']} failed: {reason}") from None


class RotatorFunction:
    """The rotator of one environment, wired to its store."""

    def __init__(
        self, settings: RotatorSettings, store: SecretStore, root: Path = _ROOT, *, paced: SecretStore | None = None
    ) -> None:
        self._settings = settings
        rotators = {secret: strategies.build(entry, root) for secret, entry in settings.secrets.items()}
        # The sweep alone keeps a pace: a step that comes too fast is retried, and no first value waits.
        sweeping = paced or store
        self._rotation, swept = (
            RotationWorkflow(one, rotators, renaming=Renaming(one, settings.renamed)) for one in (store, sweeping)
        )
        self._sweep = Sweep(sweeping, rotators, settings.secrets, swept)

    def serve(self, event: object, context: LambdaContext) -> dict[str, object]:
        """Do what the event asks for, if this function was deployed for it."""
        self._check_place(context)
        if event == events.SWEEP_EVENT:
            report = self._sweep.run(clock.now(), lambda: context.get_remaining_time_in_millis() / 1000)
            return {"late": report.late, "due": report.due, "waiting": report.waiting, "retired": report.retired}
        if not isinstance(event, dict):
            raise RefusedError("the event is neither a rotation step nor a sweep")
        step, secret, token = self._step(event), self._secret(event), self._token(event)
        self._rotation.step(step, secret, token)
        logs.emit(events.STEP_DONE, secret=secret, step=step.value, version=token)
        return {"secret": secret, "step": step.value}

    def _check_place(self, context: LambdaContext) -> None:
        place = context.invoked_function_arn.split(":")[3:5]
        if place != [self._settings.cloud.region, self._settings.cloud.account]:
            raise RefusedError("the function runs in another account or region than it was deployed for")

    def _step(self, event: dict[str, Any]) -> RotationStep:
        step = STEPS.get(str(event.get("Step")))
        if step is None:
            raise RefusedError(f"the event's Step is not one of {', '.join(STEPS)}")
        return step

    def _secret(self, event: dict[str, Any]) -> str:
        """Return the configured secret the event's ARN names: the whole ARN, with AWS's six characters at its end."""
        cloud = self._settings.cloud
        found = re.fullmatch(
            rf"arn:aws[a-z-]*:secretsmanager:{re.escape(cloud.region)}:{re.escape(cloud.account)}"
            r":secret:(?P<name>.+)-[A-Za-z0-9]{6}",
            str(event.get("SecretId")),
        )
        if found is None or found["name"] not in self._settings.secrets:
            raise RefusedError("the event's SecretId is not a secret this function was deployed for")
        return found["name"]

    def _token(self, event: dict[str, Any]) -> str:
        token = event.get("ClientRequestToken")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise RefusedError("the event's ClientRequestToken is not 32 to 64 printable characters")
        return token


@functools.cache
def _function() -> RotatorFunction:
    """Build the function once per container: read the settings, create one client."""
    import boto3  # noqa: PLC0415  # only here: tests and the sweep's callers bring their own client

    settings = load(RotatorSettings, _ROOT / SETTINGS_FILE)
    session = boto3.Session(region_name=settings.cloud.region)
    store: SecretStore = AwsSecretStore(session.client("secretsmanager", config=CLIENT_CONFIG))
    paced = store
    if settings.follower is not None:
        # Only here: an archive without mirrored secrets does not hold it, nor what it imports.
        from keystead.functions.rotator.mirroring import mirrored  # noqa: PLC0415

        store, paced = mirrored(store, settings, settings.follower, session)
    return RotatorFunction(settings, store, paced=paced)


def _subject(event: object) -> dict[str, str]:
    """Return the secret, step and version that the event names, truncated: a refused event may hold anything."""
    if event == events.SWEEP_EVENT:
        return {"secret": "all", "step": "sweep"}
    if not isinstance(event, dict):
        return {"secret": "?", "step": "?"}
    claimed = str(event.get("SecretId", "?"))
    name = re.sub(r"^arn:.*:secret:|-[A-Za-z0-9]{6}$", "", claimed) if claimed.startswith("arn:") else claimed
    claimed_step = str(event.get("Step", "?"))
    return {
        "secret": name[:256],
        "step": STEPS.get(claimed_step, claimed_step)[:64],
        "version": str(event.get("ClientRequestToken", "?"))[:64],
    }
