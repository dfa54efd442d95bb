"""The rules: `aws/` and `gcp/` by topic, and here those about both clouds or the check itself.

A rule imports from `engine` and from no other rule, so that each topic may be changed without looking elsewhere. A new
topic is a new module with an entry in `engine/topics.py`; `make docs` writes its rules into the reference.
"""
