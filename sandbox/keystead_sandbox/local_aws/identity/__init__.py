"""Who calls, from where, and what the caller may do: requests, principals, policies, conditions, MFA, service roles.

It knows no service either: a service adds its condition keys, its resources and its grants through `context`.
"""
