"""Lambda functions: their processes, asynchronous invocations with retries, and the schedules that call them."""
