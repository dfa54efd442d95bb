"""Cloud Storage: the methods of buckets and objects."""
