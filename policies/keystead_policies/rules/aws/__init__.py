"""Rules over resources of the AWS provider, one module per topic.

A rule may be added or changed here with its programs in `tests/policies/programs` and nothing else.
"""
