"""The AWS side: a table over the botocore service models, and what makes its calls."""
