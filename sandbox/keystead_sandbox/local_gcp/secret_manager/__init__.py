"""Secret Manager: secrets, versions, notifications, and what happens at a time: rotation messages and expiry."""
