"""The rotator's own handler, in which one call to AWS goes wrong as a plan says. Only tests put it into a bundle.

The plan is a file; the process that meets its step and call takes it away, so that a fault happens once.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import botocore.handlers
from botocore.exceptions import ConnectionClosedError
from keystead.functions.rotator import aws as product

_PLAN = Path(os.environ["FAULT_PLAN"])
_HOLD_SECONDS = 30
_progress: dict[str, Any] = {"step": "", "call": 0}


def handle(event: dict[str, Any], context: Any) -> object:
    """Serve the event as the product does, counting its calls."""
    _progress.update(step=event.get("Step", ""), call=0)
    return product.handle(event, context)


def _before(**_: object) -> None:
    _progress["call"] += 1
    if _taken("kill before"):
        os._exit(1)
    if _taken("hold"):
        _PLAN.with_suffix(".held").touch()
        patience = time.monotonic() + _HOLD_SECONDS
        while not _PLAN.with_suffix(".release").exists() and time.monotonic() < patience:
            time.sleep(0.02)


def _after(**_: object) -> None:
    if _taken("kill after"):
        os._exit(1)
    if _taken("lose the answer"):
        raise ConnectionClosedError(endpoint_url="https://secretsmanager")


def _taken(fault: str) -> bool:
    """Whether the plan asks for this fault here; the first process to see it takes the plan away."""
    try:
        if json.loads(_PLAN.read_text()) != {"fault": fault, **_progress}:
            return False
        _PLAN.rename(_PLAN.with_suffix(".taken"))
    except FileNotFoundError:
        return False
    return True


botocore.handlers.BUILTIN_HANDLERS += [("before-call", _before), ("after-call", _after)]
