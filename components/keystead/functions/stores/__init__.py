"""Secret stores as the functions see them: one protocol, one module per cloud, and mirrored stores."""
