"""A local GCP: Google's discovery documents give its methods and schemas, the modules here its behaviour."""
