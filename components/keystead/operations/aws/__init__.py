"""What the command reads from and writes to AWS."""
