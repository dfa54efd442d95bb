"""The commands, one module each: options in, one operation, rendered results out."""
