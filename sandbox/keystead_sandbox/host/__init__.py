"""The sandbox of one project: starts and ends its clouds, deploys its environments, moves its clock.

It alone imports the other parts; whoever changes one of them looks here last.
"""
