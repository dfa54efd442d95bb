"""People in the spec: who may take the roles of an environment, and who is notified of its alarms."""

from typing import Annotated

from pydantic import AfterValidator, Field

from keystead.model.principals import check_email
from keystead.model.section import Section
from keystead.spec.principals import SecondFactor, Trusted


class RoleTrust(Section):
    """Who may assume a role of the environment."""

    trust: list[Trusted] = Field(default_factory=list)
    """ARNs of roles, users or accounts, and members of GCP; without an entry for a cloud, everyone whom the IAM
    policies of the account or project allow there."""


class BreakGlassTrust(Section):
    """Who may assume the role for emergencies, each with a second factor."""

    trust: list[SecondFactor] = Field(default_factory=list)
    """ARNs of users or accounts, and people or groups of GCP; without an entry for a cloud, the users whom the IAM
    policies of the account or project allow there. A role session carries no second factor."""


class RolesSpec(Section):
    """The roles that people take."""

    administrators: RoleTrust = RoleTrust()
    """Manage keys and secrets, and read no value."""
    auditors: RoleTrust = RoleTrust()
    """See settings and records; change nothing and read no value."""
    break_glass: BreakGlassTrust = BreakGlassTrust()
    """Reads values in an emergency, from anywhere, with MFA."""


class AlertsSpec(Section):
    """Who is notified of failed and late rotations."""

    emails: list[Annotated[str, AfterValidator(check_email)]] = Field(default_factory=list)
    """E-mail addresses; on AWS each must confirm its subscription once."""
