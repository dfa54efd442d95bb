"""Rules over resources of the Google Cloud provider, one module per topic, named as on the AWS side.

A rule may be added or changed here with its programs in `tests/policies/programs` and nothing else.
"""
