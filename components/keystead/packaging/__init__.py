"""One reproducible archive per function: the code that the function imports, and the settings of one environment.

What an archive holds follows from the function's imports, so that code of functions and components can be changed
without looking here. A further function is a `Function` and the settings that its own module makes of a spec.
"""
