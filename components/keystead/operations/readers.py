"""Where a reader may read from, in words."""

from collections.abc import Sequence

from keystead.model.clouds import Cloud
from keystead.spec.readers import ReaderSpec


def read_from(reader: ReaderSpec, clouds: Sequence[Cloud]) -> str:
    """Return the restriction a reader is under on these clouds: its name, `anywhere`, or one for each it reads on."""
    names = {cloud: reader.restriction_on(cloud) or "anywhere" for cloud in clouds if reader.on(cloud)}
    if len(names) == len(clouds) and len(set(names.values())) == 1:
        return names[clouds[0]]
    return ", ".join(f"{cloud} {name}" for cloud, name in names.items())
