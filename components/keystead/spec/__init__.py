"""The typed spec of one environment: loading, merging, checking, and the words in which mistakes are reported.

A section can be changed without looking elsewhere as long as its fields stay; components read fields, never the files.
"""
