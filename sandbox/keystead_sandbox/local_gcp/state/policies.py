"""Allow policies on resources, and whether they grant an account a permission now.

Source: IAM guide, "Policy evaluation" and "Understanding allow policies": a policy is inherited from the project down,
any binding that fits grants, and a whole policy is replaced on set, guarded by its etag. "Access change propagation": a
change takes effect typically within 2 minutes, potentially 7 minutes or more; a policy is read back at once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from keystead_sandbox.local_gcp.api.encoding import encoded
from keystead_sandbox.local_gcp.api.errors import ApiError, Json, invalid
from keystead_sandbox.local_gcp.state import conditions, roles
from keystead_sandbox.local_gcp.state.conditions import Context
from keystead_sandbox.local_gcp.state.federated import Federated

CONCURRENT = "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff."
MEMBER = re.compile(
    r"(user|group|serviceAccount):[^\s:@]+@[^\s:@]+|domain:\S+|allUsers|allAuthenticatedUsers|deleted:\S+"
    r"|project(Owner|Editor|Viewer):\S+|principal(Set)?://\S+"
)
PUBLIC = {"allUsers", "allAuthenticatedUsers"}
LATE_SECONDS = 120
"""How late a change takes effect in a strict sandbox."""


@dataclass(slots=True)
class Policy:
    """One resource's policy."""

    bindings: list[Json]
    audit: list[Json]
    number: int = 1

    @property
    def etag(self) -> str:
        """Changes whenever the policy is set."""
        return encoded(b"\x07\x06" + self.number.to_bytes(6, "big"))

    def document(self, version: int) -> Json:
        """The policy as `getIamPolicy` answers it; conditional bindings need version 3."""
        conditional = any("condition" in binding for binding in self.bindings)
        shown: Json = {"version": 3 if conditional and version >= 3 else 1, "etag": self.etag}
        if self.bindings:
            shown["bindings"] = [dict(binding) for binding in self.bindings]
        if self.audit:
            shown["auditConfigs"] = [dict(one) for one in self.audit]
        return shown


class Policies:
    """All policies of the cloud, by resource name."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.late = 0.0
        """How many seconds after it was made a change takes effect."""
        self._now = now
        self._policies: dict[str, Policy] = {}
        self._before: dict[str, list[tuple[float, Policy]]] = {}
        """Earlier policies of a resource, each with the time until which it has effect."""
        self.custom: dict[str, tuple[str, ...]] = {}
        """Custom roles: name -> permissions; a disabled or deleted role has none."""
        self.accounts: set[str] = set()
        """E-mail addresses of the accounts that exist, service agents among them."""

    def get(self, name: str) -> Policy:
        """A resource's policy; an empty one where none was set."""
        return self._policies.get(name) or Policy([], [], 0)

    def set(self, name: str, given: Json, mask: str | None = None) -> Policy:
        """Replace a resource's policy."""
        old = self.get(name)
        if given.get("etag") and given["etag"] != old.etag:
            raise ApiError("ABORTED", CONCURRENT)
        bindings = [self._checked(binding, int(given.get("version") or 0)) for binding in given.get("bindings") or []]
        keeps = mask is not None and "auditConfigs" not in mask and "audit_configs" not in mask
        audit = old.audit if keeps else list(given.get("auditConfigs") or [])
        policy = Policy([one for one in bindings if one["members"]], audit, old.number + 1)
        if self.late:
            self._before.setdefault(name, []).append((self._now() + self.late, old))
        self._policies[name] = policy
        return policy

    def forget(self, name: str) -> None:
        """Drop the policies of a deleted resource and of what lay in it."""
        for one in [one for one in self._policies if one == name or one.startswith(f"{name}/")]:
            del self._policies[one]
            self._before.pop(one, None)

    def forget_account(self, email: str, number: str) -> None:
        """Mark a deleted account in every policy, as Google does: a new one of the same name has no rights."""
        deleted = f"deleted:serviceAccount:{email}?uid={number}"
        for policy in self._policies.values():
            for binding in policy.bindings:
                binding["members"] = [
                    deleted if member == f"serviceAccount:{email}" else member for member in binding["members"]
                ]

    def allowed(self, account: str, permission: str, name: str, context: Context) -> bool:
        """Whether a policy on the resource or above it grants the permission."""
        if isinstance(account, Federated):
            members = account.members
        else:
            members = frozenset({f"serviceAccount:{account}", f"user:{account}", *PUBLIC})
        for above in lineage(name):
            for binding in self._in_effect(above).bindings:
                if members.isdisjoint(binding["members"]) or not self.holds(binding["role"], permission):
                    continue
                condition = binding.get("condition")
                if not condition or conditions.holds(condition["expression"], context):
                    return True
        return False

    def _in_effect(self, name: str) -> Policy:
        """The policy that a resource has for whoever calls now."""
        waiting = [(until, policy) for until, policy in self._before.get(name, ()) if until > self._now()]
        if name in self._before:
            self._before[name] = waiting
        return waiting[0][1] if waiting else self.get(name)

    def audited(self, project: str, service: str, kind: str) -> bool:
        """Whether a project keeps data-access logs of a service: kind is DATA_READ, DATA_WRITE or ADMIN_READ."""
        return any(
            config.get("service") in {service, "allServices"}
            and any(one.get("logType") == kind for one in config.get("auditLogConfigs") or [])
            for config in self.get(f"projects/{project}").audit
        )

    def holds(self, role: str, permission: str) -> bool:
        """Whether a role, predefined or custom, holds a permission."""
        return roles.holds(role, permission) or permission in self.custom.get(role, ())

    def _checked(self, binding: Json, version: int) -> Json:
        role = binding.get("role", "")
        if role not in roles.predefined() and role not in self.custom:
            raise invalid(f"Role {role} is not supported for this resource.")
        members = list(dict.fromkeys(binding.get("members") or []))
        for member in members:
            self._check_member(member)
        checked: Json = {"role": role, "members": members}
        condition = binding.get("condition")
        if condition:
            if version < 3:
                raise invalid("Specified policy version is lower than 3, and the policy has conditional role bindings.")
            if role in {"roles/owner", "roles/editor", "roles/viewer"}:
                raise invalid(f"Conditions are not supported on the basic role {role}.")
            self._check_condition(condition)
            checked["condition"] = condition
        return checked

    def _check_member(self, member: str) -> None:
        if not MEMBER.fullmatch(member):
            text = f"Invalid member '{member}': the member type must be one of user, serviceAccount, group, domain."
            raise invalid(text)
        kind, _, email = member.partition(":")
        if kind == "serviceAccount" and email not in self.accounts:
            raise invalid(f"Service account {email} does not exist.")

    @staticmethod
    def _check_condition(condition: Json) -> None:
        expression = str(condition.get("expression") or "")
        if not condition.get("title") or not expression:
            raise invalid("A condition must have a title and an expression.")
        problem = conditions.problem(expression)
        if problem:
            raise invalid(f"Condition expression compilation failed. {problem}")


def lineage(name: str) -> list[str]:
    """A resource's name and those above it, up to its project."""
    parts = name.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts) - len(parts) % 2, 0, -2)] + (
        [name] if len(parts) % 2 else []
    )
