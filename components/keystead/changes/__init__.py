"""Changes of an environment that is live: what a cloud makes in place, and what is refused before anything is touched.

The clouds are compared in `aws` and `gcp`, each with what the state of the stack holds. May be changed without looking
elsewhere, except that `table` must have a row for every field of the spec.
"""
