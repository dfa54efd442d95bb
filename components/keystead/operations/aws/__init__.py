"""What the command reads from and writes to AWS: one session per environment, which refuses any other account.

Each module is named in a registry of `operations`; failures are told in one line that names the action and the way out.
"""
