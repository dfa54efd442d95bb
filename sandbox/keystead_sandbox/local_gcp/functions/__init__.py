"""Cloud Functions (2nd generation): deployed, run in processes of their own and called."""
