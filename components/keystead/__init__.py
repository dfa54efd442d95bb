"""Keystead: key management as code. One typed spec per environment becomes its whole key-management setup."""
