"""The functions' side of GCP: the store over Secret Manager and the HTTP handler; standard library only."""
