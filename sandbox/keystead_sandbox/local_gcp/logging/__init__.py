"""Cloud Logging: entries, log buckets, metrics and sinks."""
