"""What the command reads from and writes to GCP, over plain REST as the rotator does."""
