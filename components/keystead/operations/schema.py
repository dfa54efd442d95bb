"""The JSON Schema of stack files, for editors, and the file beside the stack files that they refer to."""

from pathlib import Path

from keystead.model.errors import KeysteadError
from keystead.spec.json_schema import SCHEMA_FILE, schema_text

__all__ = ["schema_text", "write_schema"]


def write_schema(directory: Path) -> tuple[Path, bool]:
    """Write the schema beside the stack files; return its file, and whether that was not current."""
    file = directory / SCHEMA_FILE
    try:
        if file.exists() and file.read_text(encoding="utf-8") == schema_text():
            return file, False
        file.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise KeysteadError(f"{file}: cannot be written: {error.strerror}.") from None
    return file, True
