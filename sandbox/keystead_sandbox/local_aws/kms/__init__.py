"""AWS KMS where ministack is not exact enough: symmetric encryption, key states, rotation, deletion, policies, grants.

Asymmetric and HMAC cryptography stays with ministack.
"""
