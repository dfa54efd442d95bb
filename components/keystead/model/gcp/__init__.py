"""What is particular to GCP in the model: naming and labels (`scope`), regions, and members of IAM policies."""
