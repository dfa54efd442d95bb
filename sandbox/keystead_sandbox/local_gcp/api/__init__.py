"""What Google's APIs have in common, without any state.

Errors, timestamps, checksums, filters, CEL expressions, and the check of what a call sends against the schemas of the
discovery documents. Nothing here imports the rest of the local GCP.
"""
