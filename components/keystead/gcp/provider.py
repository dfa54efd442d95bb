"""The explicit GCP provider of an environment, and the check that its project belongs to that environment."""

import pulumi
import pulumi_gcp as gcp

from keystead.model.errors import CloudError
from keystead.model.gcp.scope import ENVIRONMENT_LABEL, GcpScope


def provider(scope: GcpScope) -> gcp.Provider:
    """Provider that works in the environment's own project only, and labels every resource.

    The AWS provider refuses accounts that are not listed. Google's has no such setting, so a provider that creates
    nothing reads the project first, also in a preview. The program waits for the answer and ends, with nothing created,
    where the project belongs to another environment. Raises CloudError.
    """
    guard = gcp.Provider(f"{scope.environment}-guard", project=scope.project, add_pulumi_attribution_label=False)
    found = gcp.organizations.get_project(project_id=scope.project, opts=pulumi.InvokeOptions(provider=guard))
    check_project(scope, found.number, dict(found.labels))
    return gcp.Provider(
        scope.environment,
        project=scope.project,
        default_labels=scope.labels(),
        add_pulumi_attribution_label=False,
        opts=pulumi.ResourceOptions(depends_on=[guard]),
    )


def check_project(scope: GcpScope, number: str, labels: dict[str, str]) -> None:
    """Refuse a project with another number than the spec's, or with the label of another environment.

    Raises CloudError.
    """
    if number != scope.number:
        raise CloudError(
            f"environment {scope.environment}: project {scope.project!r} has number {number!r}, and gcp.number in the "
            f"stack file is {scope.number!r}; correct the one that is wrong; nothing was changed"
        )
    owner = labels.get(ENVIRONMENT_LABEL, scope.environment)
    if owner != scope.environment:
        raise CloudError(
            f"environment {scope.environment}: project {scope.project!r} belongs to environment {owner!r}, as its "
            f"label {ENVIRONMENT_LABEL} says; name another project under gcp.project, or take the label off where "
            "several environments share the project"
        )
