"""How ministack is changed: access to its modules by name, checked at start, and the registry of every change.

Nothing else in this distribution may use a name of ministack that is not in the registry.
"""
