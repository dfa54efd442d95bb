"""What a resource's URN says: urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME."""

from keystead_sandbox.pulumi_provider.errors import ConfigurationError


def stack_of(urn: str) -> str:
    """Return the stack a URN names."""
    parts = urn.split("::")
    if len(parts) < 4 or not parts[0].startswith("urn:pulumi:"):
        raise ConfigurationError("the engine sent a request without a resource name (URN)")
    return parts[0].removeprefix("urn:pulumi:")


def type_of(urn: str) -> str:
    """Return the type, without those of the parents; nothing where there is none."""
    return urn.split("::")[2].rpartition("$")[2] if urn.count("::") >= 3 else ""


def name_of(urn: str) -> str:
    """Return the resource's own name."""
    return urn.split("::", 3)[3] if urn.count("::") >= 3 else urn
