"""The `keystead` command: what people and pipelines ask about environments, beside Pulumi's own commands."""
