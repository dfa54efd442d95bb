"""What one local GCP holds: resources by kind, allow policies, service agents, tokens, storage, operations, logs.

Data only: nothing here answers a call. A new kind of resource begins in kinds.yaml; a predefined role is an entry of
roles.yaml.
"""
