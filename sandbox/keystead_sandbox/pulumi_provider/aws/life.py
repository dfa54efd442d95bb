"""One AWS resource's life, with the calls of its line in the table."""

from collections.abc import Collection, Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.aws.calls import ABSENT, invoke, perform, walk
from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.resource import Call, Resource
from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.lifecycle import Life
from keystead_sandbox.pulumi_provider.previews import fill
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN, has_unknown


class AwsLife(Life[Resource, Context]):
    """One AWS resource of one request."""

    def make(self) -> None:
        """Make the creating call."""
        perform(self.resource.create, self.resource, self.context, declared=True)
        self.context.id = self.identify()

    def complete(self) -> None:
        """Make the calls that declared properties ask for after the creating one."""
        given = {name for name, value in self.context.inputs.items() if value is not None}
        for call in self.resource.changes:
            if call.at_create and given & self.resource.asks_for(call) and call.when(self.context):
                perform(call, self.resource, self.context, declared=True)

    def observe(self) -> bool:
        """Make the reading calls; only the first one tells whether the resource is there."""
        for index, call in enumerate(self.resource.read):
            if not call.when(self.context):
                continue
            found = perform(call, self.resource, self.context, absent=ABSENT)
            if index == 0 and (not found or self.resource.gone(self.context.record)):
                return False
        return True

    def build_state(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties, the outputs, the region and the tags."""
        resource, record = self.resource, self.context.record
        state: dict[str, Any] = {}
        for name, entry in resource.properties.items():
            if entry.carried:
                state[name] = known.get(name, None if known else entry.default)
            else:
                answered = record.get(entry.answer or entry.attribute or resource.members[name])
                state[name] = resource.kinds[name].prefer(resource.kinds[name].decode(answered), known.get(name))
        state.update({name: self._output(source) for name, source in resource.outputs.items()})
        if resource.regional:
            state["region"] = self.context.region
        state.update(self._tags(known, state))
        return {name: value for name, value in state.items() if value is not None}

    def _output(self, source: str) -> Any:
        if "{" in source:
            return fill(source, self._answered)
        value = walk(self.context.record, source)
        return value.isoformat() if hasattr(value, "isoformat") else value

    def _answered(self, name: str) -> Any:
        return self.context.record.get(name) or self.context.look(name)

    def _tags(self, known: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
        tagging = self.resource.tags
        if tagging is None:
            return {}
        raw = self.context.record.get(tagging.tags)
        if tagging.listing:
            target = tagging.value.removeprefix("$")
            named = {tagging.target: state.get(target) or self.context.look(target)}
            raw = (invoke(Call(tagging.listing), self.resource, self.context, named) or {}).get(tagging.tags)
        every = tagging.decode(raw)
        defaults, declared = self.context.session.default_tags, known.get("tags") or {}
        own = {key: value for key, value in every.items() if key in declared or defaults.get(key) != value}
        return {"tags": own or None, "tagsAll": every}

    def build_inputs(self, state: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
        """Name the region of an import where it is not the provider's."""
        inputs = super().build_inputs(state, declared)
        elsewhere = not declared and state.get("region") not in (None, self.context.session.region)
        return {**inputs, "region": state["region"]} if elsewhere else inputs

    def identify(self) -> str:
        """Make the id from what AWS answered or what was declared."""
        identity = self.resource.identity
        if callable(identity):
            return identity(self.context)
        return fill(identity if "{" in identity else f"{{{identity}}}", self._answered)

    def change(self, changed: Collection[str]) -> None:
        """Make the calls that ask for these properties."""
        for call in self.resource.changes:
            if self.resource.asks_for(call).intersection(changed) and call.when(self.context):
                perform(call, self.resource, self.context, declared=True, changed=changed)
        if {"tags", "tagsAll"}.intersection(changed):
            self._retag()

    def _retag(self) -> None:
        tagging = self.resource.tags
        if tagging is None:
            return
        old, new = dict(self.context.state.get("tagsAll") or {}), self.context.merged_tags()
        target = {tagging.target: tagging.value}
        changed = {key: value for key, value in new.items() if old.get(key) != value}
        if gone := sorted(set(old) - set(new)):
            perform(
                Call(tagging.untag, {**target, tagging.keys: lambda _: gone}, answer=()), self.resource, self.context
            )
        if changed:
            encoded = tagging.encode(changed)
            perform(
                Call(tagging.tag, {**target, tagging.tags: lambda _: encoded}, answer=()), self.resource, self.context
            )

    def delete(self) -> None:
        """Make the deleting calls."""
        for call in self.resource.delete:
            if call.when(self.context):
                perform(call, self.resource, self.context, absent=ABSENT)

    def similar(self) -> list[str]:
        """Return the ids of all resources where they have no name of their own."""
        return self.resource.census(self.context) if self.resource.census else []

    def left_behind(self, before: Collection[str], claimed: Collection[str]) -> str:
        """Find what a create made whose answer was lost; its tags must prove that it is ours."""
        resource, context = self.resource, self.context
        if resource.census:
            candidates = [found for found in resource.census(context) if found not in {*before, *claimed}]
            return next((found for found in candidates if resource.alike(context, found)), "")
        if not resource.lookup:
            return ""
        context.id = resource.lookup(context) if callable(resource.lookup) else fill(resource.lookup, context.look)
        if not self.observe():
            return ""
        state = self.build_state(context.inputs)
        ours = not resource.tags or dict(state.get("tagsAll") or {}) == context.merged_tags()
        return self.identify() if ours else ""

    def take_up(self, resource_id: str) -> dict[str, Any] | None:
        """Read what exists under an id."""
        context = self.context
        context.id = resource_id
        if not self.observe():
            context.id, context.record = "", {}
            return None
        context.id = self.identify()
        state = self.build_state({})
        context.record = {}
        return state

    def forgets(self, name: str) -> bool:
        """Drop what AWS never returns."""
        return self.resource.properties[name].carried

    def look(self, name: str) -> Any:
        """Find a name in the request or in what AWS answered."""
        return self.context.look(name)

    def differences(self) -> list[Difference]:
        """Compare properties, tags with the provider's default ones, and the region."""
        state, region = self.context.state, self.context.inputs.get("region") or self.context.session.region
        found = super().differences()
        if self.resource.tags:
            found += self._tag_differences()
        if self.resource.regional and not has_unknown(region) and state.get("region") not in (None, "", region):
            found.append(Difference("region", replace=True))
        return found

    def _tag_differences(self) -> list[Difference]:
        state, old, new = (
            self.context.state,
            self.context.state.get("tags") or {},
            self.context.inputs.get("tags") or {},
        )
        if has_unknown(new):
            return [Difference("tags"), Difference("tagsAll")]
        found = []
        if old != new:
            found.append(Difference("tags", "add" if not old else "update" if new else "delete"))
        if dict(state.get("tagsAll") or {}) != self.context.merged_tags():
            found.append(Difference("tagsAll"))
        return found

    def preview(self) -> dict[str, Any]:
        """Show the merged tags and the region too."""
        state = super().preview()
        if self.resource.tags:
            unknown = has_unknown(self.context.inputs.get("tags"))
            state["tagsAll"] = UNKNOWN if unknown else self.context.merged_tags()
        if self.resource.regional:
            state["region"] = self.context.region
        return state
