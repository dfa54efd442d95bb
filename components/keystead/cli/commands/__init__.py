"""The commands, one module each, by name: options in, one operation, rendered results out.

A further command is a module with `app` and a line in `COMMANDS` of `cli.main`.
"""
