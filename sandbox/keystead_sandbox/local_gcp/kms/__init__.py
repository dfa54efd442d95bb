"""Cloud KMS: keys and versions through their lifetime, and what they do, with real cryptography."""
