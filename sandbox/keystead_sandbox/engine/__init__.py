"""The Pulumi engine and its Python language host: found, downloaded or built, and run."""
