"""Google's APIs with the standard library alone: tokens, federation from AWS, bounded HTTP, checksums."""
