"""Source of functions in a folder of their own: of one made up here, or a copy of the library's."""

from pathlib import Path

from keystead.packaging.archive import SOURCES
from keystead.packaging.function import Entry, Function

GREETER = Function(
    "greeter",
    {
        "aws": Entry("keystead.functions.greeter.aws"),
        "gcp": Entry("keystead.functions.greeter.gcp", "keystead/functions/greeter/packages.txt"),
    },
)
MODULES = {
    "keystead/__init__.py": "import pulumi\n",
    "keystead/spec.py": "",
    "keystead/functions/__init__.py": "",
    "keystead/functions/greeter/__init__.py": "",
    "keystead/functions/greeter/aws.py": (
        "import boto3\nfrom keystead.functions.greeter import text\n\n\ndef handle(event, context):\n"
        "    from keystead.functions.shared.late import more\n    return text.GREETING + more()\n"
    ),
    "keystead/functions/greeter/gcp.py": (
        "import keystead.functions.greeter.text as text\n\n\ndef handle(request):\n    return text.GREETING, 200\n"
    ),
    "keystead/functions/greeter/text.py": "GREETING = 'hello'\n",
    "keystead/functions/greeter/packages.txt": "flask==3.1.3\n",
    "keystead/functions/shared/__init__.py": "",
    "keystead/functions/shared/late.py": (
        "from keystead.functions.shared.deep.words import WORDS\n\n\ndef more():\n    return WORDS\n"
    ),
    "keystead/functions/shared/deep/__init__.py": "from keystead.functions.shared import marks\n",
    "keystead/functions/shared/deep/words.py": "WORDS = ', world'\n",
    "keystead/functions/shared/marks.py": "",
    "keystead/functions/shared/unused.py": "",
    "keystead/functions/other.py": "",
}


def made_up(folder: Path) -> Path:
    """Write a library with one function, and return the folder of its sources."""
    for name, content in MODULES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder


def copied(folder: Path) -> Path:
    """Copy the library's own functions, and return the folder of their sources."""
    for file in (SOURCES / "keystead" / "functions").rglob("*"):
        if file.suffix in (".py", ".txt"):
            target = folder / file.relative_to(SOURCES)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return folder
