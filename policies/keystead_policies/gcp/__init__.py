"""Rules over resources of pulumi-gcp, a file per topic, named as on the AWS side."""
