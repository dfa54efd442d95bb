"""The functions' side of AWS: the store over Secrets Manager and the Lambda handler."""
