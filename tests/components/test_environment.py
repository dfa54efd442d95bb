"""An environment on both clouds: nothing is made on either before both have said that it is theirs."""

import asyncio
import subprocess
import sys
from typing import Any

import grpc
import pulumi
import pytest
from keystead.changes.deployed import READ
from keystead.environment import Environment
from keystead.model.errors import CloudError, SpecError
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import load
from pulumi.runtime import MockCallArgs, MockResourceArgs
from pulumi.runtime.settings import SETTINGS

from bench.many_secrets import large_spec
from tests.components.aws.provisioned import CALLER, STACKS
from tests.components.gcp.provisioned import Monitor, Recorder, Resource
from tests.components.mocked_engine import event_loop

KEY_RINGS, KEYS = "gcp:kms/getKeyRings:getKeyRings", "gcp:kms/getCryptoKeys:getCryptoKeys"
"""Functions that are asked before the first deployment on GCP."""


class RefusedError(grpc.RpcError):  # type: ignore[misc]  # grpc has no types
    """What the engine says of a provider whose credentials are of another account."""

    def code(self) -> grpc.StatusCode:
        """gRPC's own code."""
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        """The engine's words around the provider's."""
        return f"invocation of {CALLER} returned an error: AWS account ID not allowed: 999999999999"


class Clouds(Recorder):
    """Both clouds, of which either may be another environment's."""

    def __init__(
        self,
        *,
        own_account: bool = True,
        number: str = "111111111111",
        state: dict[str, dict[str, Any]] | None = None,
        rings: tuple[str, ...] = (),
    ) -> None:
        super().__init__({"number": number, "projectId": "acme-dev", "labels": {}}, {})
        self._own_account, self._state, self._rings = own_account, state or {}, rings

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Name a resource, on AWS by an ARN too."""
        name, outputs = super().new_resource(args)
        return name, {"arn": f"arn:aws:mock:::{args.name}", "keyId": args.name, "url": args.name, **outputs}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Refuse credentials of another account as the engine does, and describe the project."""
        if args.token == READ:
            assert args.args == {"stackName": "acme/keystead/dev"}
            return {"outputs": self._state}, []
        if args.token == KEY_RINGS:
            return {"keyRings": [{"id": ring, "name": ring} for ring in self._rings]}, []
        if args.token == KEYS:
            return {"keys": [{"name": "data", "primaries": [{"name": "1", "state": "DESTROY_SCHEDULED"}]}]}, []
        if args.token != CALLER:
            return super().call(args)
        if not self._own_account:
            raise RefusedError
        return {}, []


def provision(clouds: Clouds, made: list[Resource], spec: EnvironmentSpec | None = None) -> None:
    """Provision dev, or another spec, against mocks; `made` gets what was asked for, up to a failure as well."""
    monitor = Monitor(clouds, made)
    # The mocks take the thread's event loop, which newer Pythons no longer make by themselves.
    asyncio.set_event_loop(event_loop())
    pulumi.runtime.set_mocks(
        clouds, project="keystead", stack="dev", preview=False, monitor=monitor, organization="acme"
    )
    SETTINGS.callbacks = monitor.transforms
    chosen = spec or load("dev", STACKS)
    program = pulumi.runtime.test(lambda: pulumi.Output.all(**Environment("dev", chosen).clouds))  # type: ignore[no-untyped-call]
    program()


def in_a_cloud(made: list[Resource]) -> set[str]:
    """The packages of what a cloud would have made."""
    return {one.type.partition(":")[0] for one in made if one.custom} - {"pulumi"}


def test_an_environment_is_made_on_both_its_clouds() -> None:
    made: list[Resource] = []
    provision(Clouds(), made)
    assert in_a_cloud(made) == {"aws", "gcp"}


def test_with_credentials_of_another_aws_account_nothing_is_made_on_gcp_either() -> None:
    made: list[Resource] = []
    with pytest.raises(CloudError) as refused:
        provision(Clouds(own_account=False), made)
    assert in_a_cloud(made) == set()
    assert str(refused.value) == (
        "environment dev: AWS account ID not allowed: 999999999999; aws.account in the stack file is '111111111111': "
        "use credentials of that account, or correct it; nothing was changed on any cloud"
    )


def test_what_belongs_to_a_secret_is_deleted_with_it_and_never_before() -> None:
    made: list[Resource] = []
    provision(Clouds(), made)
    belonging = ("secretPolicy:SecretPolicy", "secretRotation:SecretRotation", "secretIamMember:SecretIamMember")
    found = [one for one in made if one.type.endswith(belonging)]
    assert len({one.type for one in found}) == 3
    assert [one.name for one in found if not one.goes_with] == []


def test_destroying_begins_with_what_refuses_it() -> None:
    made: list[Resource] = []
    provision(Clouds(), made)
    (protection,) = [one for one in made if one.type == "keystead:index:Protection"]
    custom = {one.urn for one in made if one.custom and not one.type.startswith("pulumi:providers:")}
    assert protection.needs == custom


def test_without_a_protected_secret_that_is_deployed_nothing_is_made_on_any_cloud() -> None:
    made: list[Resource] = []
    urn = "urn:pulumi:dev::keystead::keystead:index:Environment$keystead:aws:Environment$keystead:aws:Secret::old-token"
    state = {urn: {"type": "keystead:aws:Secret", "outputs": {"protected": True}}}
    with pytest.raises(SpecError, match=r"keystead:environment\.secrets\.old-token: the secret is protected"):
        provision(Clouds(state=state), made)
    assert in_a_cloud(made) == set()


def test_after_a_destroy_the_names_that_gcp_never_frees_are_told_of_before_anything_is_made() -> None:
    made: list[Resource] = []
    ring = "projects/acme-dev/locations/us-east1/keyRings/dev"
    with pytest.raises(SpecError, match=r"keystead:environment\.gcp\.generation: is 1, .* Set `generation: 2`"):
        provision(Clouds(rings=(ring,)), made)
    assert in_a_cloud(made) == set()


def test_without_room_for_a_policy_nothing_is_made_on_any_cloud() -> None:
    made: list[Resource] = []
    with pytest.raises(SpecError, match=r"which reads 400 secrets under 4 restrictions .*, and AWS takes 10,240"):
        provision(Clouds(), made, large_spec("aws", 400, readers=1))
    assert in_a_cloud(made) == set()


def test_in_a_project_with_another_number_nothing_is_made_on_aws_either() -> None:
    made: list[Resource] = []
    with pytest.raises(CloudError, match="project 'acme-dev' has number '999999999999'"):
        provision(Clouds(number="999999999999"), made)
    assert in_a_cloud(made) == set()


def test_no_clouds_sdk_is_imported_before_an_environment_lives_on_it() -> None:
    code = "import keystead.environment, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "pulumi" in loaded
    assert {"pulumi_aws", "pulumi_gcp"} & {*loaded} == set()
