"""Brings a deleted secret back while Secrets Manager keeps it in its recovery window."""

from keystead.model.errors import CloudError, KeysteadError
from keystead.operations.aws.failures import explained
from keystead.operations.aws.session import CALLS, open_session
from keystead.spec.environment import EnvironmentSpec

TYPE = "aws:secretsmanager/secret:Secret"
PARENT = "keystead:index:Environment$keystead:aws:Environment$keystead:aws:Secret"
"""Type of the component that owns the secret, with those of its parents, as URNs hold it."""


def restore(spec: EnvironmentSpec, name: str, project: str) -> str:
    """Cancel the deletion of a secret, which keeps its values and its resource policy.

    Return the command that puts it into the state of its stack, in the Pulumi project of that name.
    """
    environment, stored_as = spec.environment, spec.scope("aws").secret_name(name)
    client = open_session(spec).client("secretsmanager", config=CALLS)
    with explained(environment, "secretsmanager:DescribeSecret", "administrator"):
        try:
            described = client.describe_secret(SecretId=stored_as)
        except client.exceptions.ResourceNotFoundException:
            raise CloudError(
                f"{environment}: AWS has no secret {stored_as}, deleted or not: its recovery window is over. "
                f"Make it anew with: pulumi up -s {environment}"
            ) from None
    if described.get("DeletedDate") is None:
        raise KeysteadError(f"{environment}: the secret {stored_as} is not deleted, so there is nothing to restore.")
    with explained(environment, "secretsmanager:RestoreSecret", "administrator"):
        arn = client.restore_secret(SecretId=stored_as)["ARN"]
    return _adoption(spec, name, project, arn)


def _adoption(spec: EnvironmentSpec, name: str, project: str, arn: str) -> str:
    """Return the command that imports the secret where its component looks for it."""
    urn = f"urn:pulumi:{spec.environment}::{project}::"
    return (
        f"pulumi import {TYPE} {name} {arn} --parent 'component={urn}{PARENT}::{name}' "
        f"--provider 'aws={urn}pulumi:providers:aws::{spec.environment}' --protect=false --generate-code=false "
        f"--yes -s {spec.environment}"
    )
