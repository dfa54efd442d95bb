"""The components as a Pulumi plugin, for programs that are not written in Python.

An environment is declared in the same words as in a stack file. The SDK's analyzer derives the plugin's schema from the
annotations here; it reads no `Literal` and no model of pydantic, so that a spec is an open map and checked by the
spec's own model when the component is made.
"""

import sys
from importlib.metadata import version
from typing import Any, TypedDict

import pulumi
from pulumi.errors import InputPropertyError
from pulumi.provider import ConstructResult
from pulumi.provider import main as serve
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from keystead import environment
from keystead.model.errors import KeysteadError
from keystead.spec.loading import build


class EnvironmentArgs(TypedDict):
    """What an environment is declared with."""

    environment: str
    """Name of the environment, such as prod."""
    spec: dict[str, Any]
    """Its spec, as `keystead:environment` holds it in a stack file."""


class Environment(pulumi.ComponentResource):
    """Everything one environment has for its keys and secrets, in its own account and project, under its own names."""

    names: pulumi.Output[dict[str, Any]]
    """By cloud, the names of what was made, by kind; never a secret value."""

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:index:Environment", name, None, opts)
        spec = build(args["environment"], args["spec"], {})
        self.names = pulumi.Output.all(**environment.wire(self, spec))
        self.register_outputs({"names": self.names})


class Host(ComponentProvider):
    """Reports what is wrong with a spec in the spec's own messages, not as a traceback."""

    def construct(self, *arguments: Any, **named: Any) -> ConstructResult:
        """Make one component."""
        try:
            return super().construct(*arguments, **named)
        except ComponentInitError as error:
            if isinstance(error.inner, KeysteadError):
                raise InputPropertyError("spec", str(error.inner)) from None
            raise


def main() -> None:
    """Serve the engine that started this process."""
    serve(Host([Environment], "keystead", version=version("keystead")), sys.argv[1:])
