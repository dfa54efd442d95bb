"""Entry point of the rotator on GCP: the bundle has this file at its root, where functions-framework looks for it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the framework puts the bundle behind what else is installed

from keystead.functions.rotator.gcp import handle  # found through the line above

__all__ = ["handle"]
