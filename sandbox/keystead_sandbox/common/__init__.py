"""What the local clouds and the host share: the clock, the timeline, listeners, lifetime, the control interface."""
