"""How a call reaches its handler: the call, the registry of handlers, permissions and the standard methods.

The services register what is their own with `handles`, `checks` and `shows`; the rest of create, get, list, patch and
delete is done here for every kind alike.
"""
