"""The `keystead` command: what people and pipelines ask about environments, beside Pulumi's own commands.

`main` lists the commands and imports the chosen one; `commands` parse options, call one operation and hand its result
to `render`. Wording of options and tables can change here alone; then run `make docs`. Nothing here calls a cloud.
"""
