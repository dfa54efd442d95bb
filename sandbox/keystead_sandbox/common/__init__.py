"""What the parts of the sandbox share: clock and timeline, listeners and gate, lifetime, control interface, discovery.

Both local clouds are served by what is here, so a change concerns both. Nothing here imports a part.
"""
