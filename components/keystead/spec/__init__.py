"""The typed spec of one environment: loading, merging, checking, and the messages that report mistakes.

A section can be changed here without looking elsewhere as long as its fields stay: components and operations read
fields, never the files. A change of a message needs `tests/components/spec/broken_specs.yaml`, and a change of a field
or its description needs `keystead schema --write`.
"""
