"""Allow policies, changed by reading, modifying and writing them back with their etag.

Source: tpgiamresource of the official provider (read in magic-modules): policies are read and written at version 3, a
conflict restarts the whole with growing pauses, bindings are told apart by role and condition.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

from keystead_sandbox.pulumi_provider.errors import CloudError, ProviderError
from keystead_sandbox.pulumi_provider.gcp.client import is_conflict, pause
from keystead_sandbox.pulumi_provider.gcp.context import ABSENT, Context
from keystead_sandbox.pulumi_provider.gcp.operations import Operations, may_delete
from keystead_sandbox.pulumi_provider.gcp.schema import Json, match
from keystead_sandbox.pulumi_provider.gcp.values import canonical_member

TRIES = 12
"""How often a policy is read and written again; the pauses grow to 3 s, some 20 s in all."""
MAX_LOCKS = 4096
_ROLE = re.compile(r"((projects|organizations)/[^/]+/)?roles/[\w.]+")


class _Locks:
    """One change of a policy at a time from this process: conflicts are then with others only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: OrderedDict[str, threading.Lock] = OrderedDict()

    def of(self, policy: str) -> threading.Lock:
        """Return a policy's lock."""
        with self._lock:
            found = self._locks.setdefault(policy, threading.Lock())
            self._locks.move_to_end(policy)
            while len(self._locks) > MAX_LOCKS:
                self._locks.popitem(last=False)
            return found


_LOCKS = _Locks()


@dataclass(frozen=True)
class Target:
    """Where a policy is: `resource` is its resource's id, `path` the resource's path in its API.

    `asks` is how the version is asked for: in the `query` of a GET, in that of a `post`, in a `body`, or in the form
    of a `bucket`. `parents` are the properties that name the resource, and `forms` how an import's first word does.
    """

    resource: str
    parents: tuple[str, ...]
    forms: tuple[str, ...]
    path: str = ""
    asks: Literal["query", "post", "body", "bucket"] = "query"

    def read(self, context: Context) -> Json:
        """Return the policy."""
        path = context.fill(self.path or self.resource)
        if self.asks == "bucket":
            return context.call("GET", f"{path}/iam", None, {"optionsRequestedPolicyVersion": 3})
        if self.asks == "body":
            return context.call("POST", f"{path}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}})
        verb = "GET" if self.asks == "query" else "POST"
        return context.call(verb, f"{path}:getIamPolicy", None, {"options.requestedPolicyVersion": 3})

    def write(self, context: Context, policy: Json) -> Json:
        """Replace the policy; its etag says on which state the change was made."""
        path = context.fill(self.path or self.resource)
        if self.asks == "bucket":
            return context.call("PUT", f"{path}/iam", policy)
        request: Json = {"policy": policy}
        if self.asks == "body":
            request["updateMask"] = "bindings,etag,auditConfigs"
        return context.call("POST", f"{path}:setIamPolicy", request)

    def change(self, context: Context, modify: Callable[[Json], bool]) -> None:
        """Read, modify and write, again after a conflict; nothing is written where nothing changes."""
        key = f"{context.session.cloud.endpoint} {context.schema.api} {context.fill(self.path or self.resource)}"
        with _LOCKS.of(key):
            for number in range(TRIES):
                policy = self.read(context)
                if not modify(policy):
                    return
                try:
                    self.write(context, {**policy, "version": 3})
                except CloudError as error:
                    if not is_conflict(error) or number == TRIES - 1:
                        raise
                    pause(number)
                else:
                    return


def _key(condition: Json | None) -> tuple[str, str, str]:
    given = condition or {}
    return given.get("title") or "", given.get("description") or "", given.get("expression") or ""


@dataclass(frozen=True)
class Membership(Operations):
    """One member of one role, under one condition or none; everything else in the policy stays as it is."""

    target: Target

    def create(self, context: Context) -> None:
        """Add the member."""
        role, member, condition = self._wanted(context)

        def add(policy: Json) -> bool:
            bindings = policy.setdefault("bindings", [])
            found = _binding(bindings, role, _key(condition))
            if found is None:
                found = {"role": role, "members": [], **({"condition": condition} if condition else {})}
                bindings.append(found)
            if _held(found, member):
                return False
            found["members"] = [*found["members"], canonical_member(member)]
            return True

        self.target.change(context, add)
        key = _key(condition)
        words = [context.fill(self.target.resource), role, canonical_member(member), *(key if any(key) else ())]
        context.id = "/".join(words)

    def read(self, context: Context) -> Json | None:
        """Find the member in the policy."""
        if not (context.state or context.inputs):
            return self._imported(context)
        role, member, condition = self._wanted(context)
        policy = self._policy(context)
        found = _binding((policy or {}).get("bindings") or [], role, _key(condition))
        held = found and _held(found, member)
        if not policy or not found or not held:
            return None
        return {"role": role, "member": held, "condition": found.get("condition"), "etag": policy.get("etag")}

    def _imported(self, context: Context) -> Json | None:
        parts = context.schema.parts(context.id)
        if not parts:
            raise ProviderError("an import names resource, role and member in one line, and a condition by its title")
        policy = self._policy(context) or {}
        fitting = [
            binding
            for binding in policy.get("bindings") or []
            if binding["role"] == parts["role"]
            and _key(binding.get("condition"))[0] == parts.get("title", "")
            and _held(binding, parts["member"])
        ]
        if len(fitting) > 1:
            raise ProviderError("cannot import this member: its condition's title matches several conditions")
        if not fitting:
            return None
        key = _key(fitting[0].get("condition"))
        words = [context.fill(self.target.resource), parts["role"], canonical_member(parts["member"])]
        context.id = "/".join([*words, *(key if any(key) else ())])
        member = _held(fitting[0], parts["member"])
        places = {f"_{name}": parts[name] for name in self.target.parents if name in parts}
        condition = fitting[0].get("condition")
        return {**places, "role": parts["role"], "member": member, "condition": condition, "etag": policy.get("etag")}

    def _policy(self, context: Context) -> Json | None:
        try:
            return self.target.read(context)
        except CloudError as error:
            if error.code in ABSENT:
                return None
            raise

    def delete(self, context: Context) -> None:
        """Take the member out."""
        role, member, condition = self._wanted(context)

        def remove(policy: Json) -> bool:
            bindings = policy.get("bindings") or []
            found = _binding(bindings, role, _key(condition))
            held = found and _held(found, member)
            if not found or not held:
                return False
            found["members"] = [one for one in found["members"] if one != held]
            policy["bindings"] = [one for one in bindings if one["members"]]
            return True

        try:
            self.target.change(context, remove)
        except CloudError as error:
            if error.code not in ABSENT:
                raise

    @staticmethod
    def _wanted(context: Context) -> tuple[str, str, Json | None]:
        return str(context.require("role")), str(context.require("member")), context.look("condition")


def _binding(bindings: list[Json], role: str, key: tuple[str, str, str]) -> Json | None:
    return next((one for one in bindings if one["role"] == role and _key(one.get("condition")) == key), None)


def _held(binding: Json, member: str) -> str | None:
    wanted = member.lower()
    return next((one for one in binding.get("members") or [] if one.lower() == wanted), None)


def words_of(target: Target) -> Callable[[str], dict[str, str]]:
    """Return what takes an import's words apart: resource, role, member, and a condition's title if there is one."""

    def parse(text: str) -> dict[str, str]:
        first, *rest = text.split(" ", 3)
        if len(rest) < 2 or "/roles/" in first or not _ROLE.fullmatch(rest[0]):
            return {}
        places: dict[str, str] = next((found for form in target.forms if (found := match(form, first))), {})
        return {**places, **dict(zip(("role", "member", "title"), rest, strict=False))}

    return parse


@dataclass(frozen=True)
class AuditConfig(Operations):
    """Which data accesses of one service a project logs; authoritative for that service only."""

    target: Target

    def create(self, context: Context) -> None:
        """Set the service's configuration."""
        service = str(context.require("service"))
        configs = context.schema.kinds["auditLogConfigs"].encode(context.inputs["auditLogConfigs"])
        self._set(context, {"service": service, "auditLogConfigs": configs})
        context.id = context.fill(context.schema.id)

    def read(self, context: Context) -> Json | None:
        """Find the service's configuration."""
        if " " in context.id:
            context.id = context.fill(context.schema.id)
        policy, service = self.target.read(context), context.require("service")
        found = next((one for one in policy.get("auditConfigs") or [] if one.get("service") == service), None)
        return None if found is None else {**found, "etag": policy.get("etag")}

    def update(self, context: Context, changed: Collection[str]) -> None:
        """Set it anew."""
        del changed
        self.create(context)

    def delete(self, context: Context) -> None:
        """Remove the service's configuration."""
        if may_delete(context):
            self._set(context, None)

    def _set(self, context: Context, config: Json | None) -> None:
        service = config["service"] if config else context.require("service")

        def replace(policy: Json) -> bool:
            before: list[Any] = policy.get("auditConfigs") or []
            others = [one for one in before if one.get("service") != service]
            policy["auditConfigs"] = [*others, config] if config else others
            return bool(policy["auditConfigs"] != before)

        self.target.change(context, replace)
