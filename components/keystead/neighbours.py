"""What only shows when several environments are looked at together: who shares an account without saying so."""

from collections.abc import Sequence

from keystead.errors import Problem, SpecError
from keystead.spec import EnvironmentSpec
from keystead.stackfile import CONFIG_KEY


def crowded(spec: EnvironmentSpec, others: Sequence[EnvironmentSpec]) -> SpecError | None:
    """Return what is wrong with an environment that lives in another one's account, unless both say `shared: true`."""
    others = [other for other in others if other.environment != spec.environment]
    neighbours = [other for other in others if other.aws.account == spec.aws.account]
    if spec.aws.shared or not neighbours:
        return None
    names = ", ".join(sorted(other.environment for other in neighbours))
    text = (
        f"found '{spec.aws.account}', the account of {names} too; give each environment its own account, or write "
        "shared: true in every one that lives in this account"
    )
    origin = f"stacks/Pulumi.{spec.environment}.yaml"
    return SpecError(spec.environment, [Problem(f"{CONFIG_KEY}.aws.account", text, origin)])
