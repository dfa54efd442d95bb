"""The component package: `pulumi package add DIRECTORY` makes its components usable from every language of Pulumi.

`PulumiPlugin.yaml` and `__main__.py` are what the engine looks for; `host` has the components it offers. The folder can
be changed without looking elsewhere as long as the components' names and arguments stay.
"""

from pathlib import Path

DIRECTORY = Path(__file__).parent
"""What `pulumi package add` takes: this folder, wherever the package is installed."""
