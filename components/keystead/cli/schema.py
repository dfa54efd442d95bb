"""`keystead schema`: the JSON Schema of the spec, for editors."""


def schema() -> None:
    """Print the JSON Schema of the spec."""
