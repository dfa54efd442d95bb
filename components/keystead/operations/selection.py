"""Which environments there are: the stack files in the directory of stacks."""

from difflib import get_close_matches
from pathlib import Path

from keystead.model.errors import KeysteadError

PREFIX, SUFFIX = "Pulumi.", ".yaml"


def directory_of(given: Path | None) -> Path:
    """Return the directory of stack files: the given one, or `stacks` here or in the nearest directory above."""
    if given is not None:
        if not given.is_dir():
            raise KeysteadError(f"--stacks {given}: there is no such directory.")
        return given
    here = Path.cwd()
    for place in (here, *here.parents):
        if (place / "stacks" / "base.yaml").is_file():
            return place / "stacks"
    raise KeysteadError(f"no stacks/base.yaml in {here} or above it. Run inside the project, or give --stacks DIR.")


def environments_in(directory: Path, chosen: list[str], option: str = "--env") -> list[str]:
    """Return the environments chosen by an option in the order given, or all of them in the order of their names."""
    files = directory.glob(f"{PREFIX}*{SUFFIX}")
    known = sorted(file.name.removeprefix(PREFIX).removesuffix(SUFFIX) for file in files)
    if not known:
        raise KeysteadError(f"{directory}: no stack file {PREFIX}<environment>{SUFFIX} there.")
    for name in chosen:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise KeysteadError(
                f"{option} {name}: no {PREFIX}{name}{SUFFIX} in {directory}; there are {', '.join(known)}.{hint}"
            )
    return list(dict.fromkeys(chosen)) or known
