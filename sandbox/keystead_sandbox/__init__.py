"""A local cloud under the real Pulumi engine; nothing here ships to a cloud."""
