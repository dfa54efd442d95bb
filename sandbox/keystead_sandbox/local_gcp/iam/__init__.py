"""IAM: service accounts, roles, allow policies and short-lived credentials.

Beside them workload identity federation, with the token exchange for identities of AWS, and access levels.
"""
