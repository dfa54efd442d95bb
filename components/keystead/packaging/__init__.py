"""One reproducible archive per function, with the settings of one environment in it.

How archives are made can be changed without looking at components; what settings say is agreed with the functions.
"""
