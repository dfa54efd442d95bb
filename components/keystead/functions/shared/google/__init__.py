"""Google's APIs with the standard library alone: tokens, federation from AWS, HTTP with limits, checksums."""
