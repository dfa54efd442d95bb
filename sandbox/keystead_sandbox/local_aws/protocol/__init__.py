"""What the services that answer here have in common: AWS errors, a table of operations, calls between services.

It knows no service. A change here concerns every service.
"""
