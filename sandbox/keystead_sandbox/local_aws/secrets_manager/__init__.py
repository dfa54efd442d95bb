"""AWS Secrets Manager: every operation over a store of its own, rotation and replication included.

`store` holds the data and `service` the table of operations; everything between answers operations.
"""
