"""The directory for `--policy-pack` in an installed distribution; `python -m keystead_policies path` prints it.

It holds what the Pulumi engine looks for: PulumiPolicy.yaml, without a virtual environment of its own, and the program
that serves the rules. A checkout has the same two files one level up, with the virtual environment of the checkout.
"""
