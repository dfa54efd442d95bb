"""What is done to a resource: the standard methods of a REST collection (AIP-131 to 135)."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from keystead_sandbox.pulumi_provider.errors import CloudError, ProviderError
from keystead_sandbox.pulumi_provider.gcp import body as bodies
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.schema import Json
from keystead_sandbox.pulumi_provider.previews import fill


class Operations(ABC):
    """The four things a resource's life is made of; each sets nothing but the context's id.

    `repeatable`: creating what exists already does no harm, so that no journal is needed.
    """

    repeatable = True

    @abstractmethod
    def create(self, context: Context) -> None:
        """Make it."""

    @abstractmethod
    def read(self, context: Context) -> Json | None:
        """Return it as the cloud has it, or None."""

    @abstractmethod
    def delete(self, context: Context) -> None:
        """Remove it; what is gone already is no error."""

    def complete(self, context: Context) -> None:  # noqa: B027 - mostly there is nothing to do
        """Do what follows the creating call."""

    def update(self, context: Context, changed: Collection[str]) -> None:  # noqa: B027 - as above
        """Bring these properties to what is declared."""

    def similar(self, context: Context) -> list[str]:
        """Return the ids of what could be mistaken for the result of a create."""
        del context
        return []

    def left_behind(self, context: Context, before: Collection[str], claimed: Collection[str]) -> str:
        """Return the id of what a create left whose answer was lost: by its name, unless it was there before."""
        del claimed
        return next((found for found in self.similar(context) if found not in before), "")


def _nothing(_: Context) -> None:
    return


@dataclass(frozen=True)
class Rest(Operations):
    """A REST collection.

    `url` is a resource's path, by default its id. `wrap` puts bodies into what create and update take. `slow`: the
    methods answer long-running operations. `answers`: the name is made by the service. `acquires`: what exists already
    is taken and updated, as the official provider does it. `gone` says what counts as deleted. `remove` stands in for
    the deleting call. `finish` completes a body.
    """

    collection: str
    url: str = ""
    create_verb: str = "POST"
    query: Mapping[str, str] = field(default_factory=dict)
    finish: Callable[[Context, Json], Json] = lambda _, body: body
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

    repeatable = False

    def path(self, context: Context) -> str:
        """Return the resource's own path."""
        return context.fill(self.url) if self.url else context.id or context.fill(context.schema.id)

    def body(self, context: Context, *, fixed: bool = True) -> Json:
        """Return the resource as it is declared; without what cannot change when `fixed` is false."""
        return self.finish(context, bodies.build(context, fixed=fixed))

    def create(self, context: Context) -> None:
        """Call the creating method."""
        if not self.answers:
            context.id = context.fill(context.schema.id)
        if self.acquires and self.read(context) is not None:
            self._patch(context, bodies.mask(context, context.schema.properties), fixed=False)
            return
        body = self.wrap(context, self.body(context))
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
        found = context.find(self.path(context))
        return None if found is None or self.gone(found) else found

    def update(self, context: Context, changed: Collection[str]) -> None:
        """Call the updating method where a change is about the body."""
        mask = bodies.mask(context, changed)
        if mask:
            self._patch(context, mask, fixed=self.update_verb == "PUT")
        self.after_update(context, changed)

    def _patch(self, context: Context, mask: list[str], *, fixed: bool) -> None:
        body = self.body(context, fixed=fixed)
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
        wanted = context.fill(context.schema.id)
        probe = replace(context, state={}, id=wanted, record={})
        return [wanted] if self.read(probe) is not None else []

    def left_behind(self, context: Context, before: Collection[str], claimed: Collection[str]) -> str:
        """Find by its looks what a service has named itself."""
        if not self.answers:
            return super().left_behind(context, before, claimed)
        others = {*before, *claimed}
        listed = [found for found in self.listed(context) if found["name"] not in others]
        return next((str(found["name"]) for found in listed if self.alike(context, found)), "")

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
            context.wait(reply, shown)

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
