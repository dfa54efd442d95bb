"""Changes of roles take effect late in a strict sandbox: services see a role, its trust and its policies as they were.

Source: IAM user guide, "Changes that I make are not always immediately visible" (eventual consistency); IAM itself
answers with what was written.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.in_process import here
from keystead_sandbox.local_aws.protocol.operations import Wire, intercept

LATE_SECONDS = 30
"""AWS names no figure; the official provider repeats for up to 2 minutes."""
CHANGES = frozenset(
    {"AttachRolePolicy", "CreateRole", "DeleteRolePolicy", "DetachRolePolicy", "PutRolePolicy"}
    | {"UpdateAssumeRolePolicy"}
)

Role = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Before:
    """A role as it was before a change, and until when services see it so."""

    until: float
    role: Role | None
    policies: list[Any]


@dataclass(slots=True)
class Propagation:
    """The changes of the last seconds, the oldest first."""

    now: Callable[[], float] = lambda: 0.0
    waiting: dict[Key, list[Before]] = field(default_factory=dict)

    def before(self, key: Key) -> Before | None:
        """What services still see of a role; None where they see it as it is."""
        left = [one for one in self.waiting.get(key, ()) if one.until > self.now()]
        if left:
            self.waiting[key] = left
        else:
            self.waiting.pop(key, None)
        return left[0] if left else None


_propagation = Propagation()


def install(clock: Clock, *, late: bool) -> None:
    """Let changes of roles take effect late, where that is asked."""
    if not late:
        return
    _propagation.now = clock.now
    gather = ministack.get("core.iam_evaluator", "_gather_role_policies")

    def gathered(name: str, account: str) -> Any:
        before = _propagation.before((account, name))
        return before.policies if before else gather(name, account)

    async def noted(wire: Wire, pass_on: Callable[[Wire], Any]) -> Any:
        if wire.operation in CHANGES:
            key = (here()[0], str(wire.fields.get("RoleName")))
            role = ministack.get("services.iam", "_roles").get_scoped(key[0], None, key[1])
            before = Before(clock.now() + LATE_SECONDS, copy.deepcopy(role), gather(key[1], key[0]) if role else [])
            _propagation.waiting.setdefault(key, []).append(before)
        return await pass_on(wire)

    ministack.replace("core.iam_evaluator", "_gather_role_policies", gathered)
    intercept("iam", noted)


def seen(account: str, name: str, role: Role | None) -> Role | None:
    """A role as services see it now."""
    before = _propagation.before((account, name))
    return before.role if before else role
