"""What people do to a deployed environment, without a terminal: status, rotation, values, the policy pack.

Nothing here prints or asks; `cli` renders what is returned. Each cloud's side lies in `aws` and `gcp`.
"""
