"""CloudWatch and CloudTrail: alarms that evaluate, metric filters, keys of log groups, the record of calls."""
