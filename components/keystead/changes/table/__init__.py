"""The change matrix: what happens when a field of the spec is changed in an environment that is live.

A test holds it complete against the spec's models, and end-to-end tests run its rows with readers reading all the
while. Source of what is replaced: the official providers' ForceNew and the clouds' API references.
"""

from keystead.changes.table import environment, keys, secrets
from keystead.changes.table.row import Change

CHANGES: tuple[Change, ...] = (*environment.ROWS, *keys.ROWS, *secrets.ROWS)
"""Every row, in the order of the page."""
