"""The code that runs in a cloud: a package for each function, beside `shared` and `stores`, which all of them use.

It imports the standard library, the SDK of its cloud and itself, nothing else, so that each function ships alone. A
function's package can be changed without looking at the others; what provisioning has to know of it is its entry
modules and its settings.
"""
