"""What the command reads from and writes to GCP: one session per environment, which refuses any other project.

Each module is named in a registry of `operations`; failures are told in one line that names the permission and the way
out. Only `secret_manager` uses Google's client library, see there.
"""
