"""The rotator: the rotation workflow, the hourly sweep, the strategies that make values, an entry module per cloud.

A further strategy is a module in `strategies` and an entry among its builders.
"""
