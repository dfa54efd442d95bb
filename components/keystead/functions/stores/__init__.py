"""The secret stores of the clouds behind one protocol, and how each cloud labels the versions of a secret.

Labels are read here alone, by the rotator and by commands; a further store is a module with a class of that protocol.
"""
