"""The GCP side: a table over Google's discovery documents, and what makes its calls. No Google client is used."""
