"""Rules over resources of pulumi-aws, a file per topic."""
