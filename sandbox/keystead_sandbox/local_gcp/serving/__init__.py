"""The outside of a local GCP: HTTP requests, audit logs, status and the assembly of all services.

Only the entry point imports this package.
"""
