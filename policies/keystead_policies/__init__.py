"""Rules for keys and secrets on AWS and GCP, for any Pulumi project; nothing here imports pulumi but analyzer.py."""
