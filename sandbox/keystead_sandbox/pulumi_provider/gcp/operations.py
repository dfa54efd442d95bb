"""What is done to a resource: the standard methods of a REST collection (AIP-131 to 135)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from keystead_sandbox.pulumi_provider.errors import CloudError, ProviderError
from keystead_sandbox.pulumi_provider.gcp import body as bodies
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.resource import Json, fill


class Operations(Protocol):
    """The four things a resource's life is made of; each sets nothing but `context.id`."""

    @property
    def repeatable(self) -> bool:
        """Whether creating what exists already does no harm, so that no journal is needed."""

    def create(self, context: Context) -> None:
        """Make it."""

    def complete(self, context: Context) -> None:
        """Do what follows the creating call."""

    def read(self, context: Context) -> Json | None:
        """Return it as the cloud has it, or None."""

    def update(self, context: Context, changed: Collection[str]) -> None:
        """Bring these properties to what is declared."""

    def delete(self, context: Context) -> None:
        """Remove it; what is gone already is no error."""

    def similar(self, context: Context) -> list[str]:
        """Return the ids of what could be mistaken for the result of a create."""


def _nothing(_: Context) -> None:
    return


@dataclass(frozen=True)
class Rest:
    """A REST collection.

    `url` is a resource's path, by default its id. `wrap` puts bodies into what create and update take. `slow`: the
    methods answer long-running operations. `answers`: the name is made by the service. `acquires`: what exists already
    is taken and updated, as the official provider does it. `gone` says what counts as deleted. `remove` stands in for
    the deleting call. `pause` is made before an update, `then` after a create or an update.
    """

    collection: str
    url: str = ""
    create_verb: str = "POST"
    query: Mapping[str, str] = field(default_factory=dict)
    wrap: Callable[[Context, Json], Json] = lambda _, body: body
    update_verb: str = "PATCH"
    update_query: Mapping[str, str] = field(default_factory=dict)
    update_wrap: Callable[[Json, str], Json] | None = None
    masked: bool = True
    slow: bool = False
    answers: bool = False
    acquires: bool = False
    alike: Callable[[Context, Json], bool] = lambda *_: False
    gone: Callable[[Json], bool] = lambda _: False
    before_delete: Callable[[Context], None] = _nothing
    remove: Callable[[Context], None] | None = None
    delete_query: Mapping[str, str] = field(default_factory=dict)
    after_create: Callable[[Context], None] = _nothing
    after_update: Callable[[Context, Collection[str]], None] = lambda *_: None
    repeatable: bool = False

    def path(self, context: Context) -> str:
        """Return the resource's own path."""
        return context.fill(self.url) if self.url else context.id or context.fill(context.resource.id)

    def create(self, context: Context) -> None:
        """Call the creating method."""
        if not self.answers:
            context.id = context.fill(context.resource.id)
        if self.acquires and self.read(context) is not None:
            self._patch(context, bodies.mask(context, context.resource.properties), fixed=False)
            return
        body = self.wrap(context, bodies.build(context))
        target = context.fill(self.collection) if self.create_verb == "POST" else self.path(context)
        reply = context.call(self.create_verb, target, body, self._query(context, self.query))
        self._settled(context, reply, f"{self.create_verb} {target}")
        if self.answers:
            context.id = reply["name"]

    def complete(self, context: Context) -> None:
        """Do what the table says follows."""
        self.after_create(context)

    def read(self, context: Context) -> Json | None:
        """Call the getting method."""
        try:
            found = context.call("GET", self.path(context))
        except CloudError as error:
            if error.code in {"NOT_FOUND", "404"}:
                return None
            raise
        return None if self.gone(found) else found

    def update(self, context: Context, changed: Collection[str]) -> None:
        """Call the updating method where a change is about the body."""
        mask = bodies.mask(context, changed)
        if mask:
            self._patch(context, mask, fixed=self.update_verb == "PUT")
        self.after_update(context, changed)

    def _patch(self, context: Context, mask: list[str], *, fixed: bool) -> None:
        body = bodies.build(context, fixed=fixed)
        query = self._query(context, self.update_query)
        if self.update_wrap:
            body = self.update_wrap(body, ",".join(mask))
        elif self.masked:
            query = {**query, "updateMask": ",".join(mask)}
        target = self.path(context)
        self._settled(context, context.call(self.update_verb, target, body, query), f"{self.update_verb} {target}")

    def delete(self, context: Context) -> None:
        """Call the deleting method, unless the deletion policy says otherwise."""
        if not may_delete(context):
            return
        try:
            self.before_delete(context)
            if self.remove:
                self.remove(context)
                return
            target = self.path(context)
            reply = context.call("DELETE", target, None, self._query(context, self.delete_query))
            self._settled(context, reply, f"DELETE {target}")
        except CloudError:
            if self.read(context) is not None:
                raise

    def similar(self, context: Context) -> list[str]:
        """Return the resource of the same name, or all of the collection where the service makes the names."""
        if self.answers:
            return [found["name"] for found in self.listed(context)]
        wanted = context.fill(context.resource.id)
        probe = Context(context.resource, context.session, context.name, context.inputs, {}, wanted)
        return [wanted] if self.read(probe) is not None else []

    def listed(self, context: Context) -> list[Json]:
        """Return everything in the collection."""
        found: list[Json] = []
        query: dict[str, str] = {}
        while True:
            reply = context.call("GET", context.fill(self.collection), None, query)
            found += next((value for value in reply.values() if isinstance(value, list)), [])
            if not reply.get("nextPageToken"):
                return found
            query = {"pageToken": reply["nextPageToken"]}

    def _settled(self, context: Context, reply: Json, shown: str) -> None:
        if self.slow and "name" in reply:
            context.session.client.wait(context.version, reply, shown)

    @staticmethod
    def _query(context: Context, templates: Mapping[str, str]) -> dict[str, str]:
        filled = {name: fill(template, context.look) for name, template in templates.items()}
        return {name: value for name, value in filled.items() if value}


def may_delete(context: Context) -> bool:
    """Whether the deletion policy lets go: PREVENT is an error, ABANDON leaves the resource where it is."""
    policy = context.state.get("deletionPolicy")
    if policy == "PREVENT":
        raise ProviderError(
            f'cannot destroy {context.id} without setting deletionPolicy="DELETE" and updating it first'
        )
    return policy != "ABANDON"
