"""How hypothesis works in every test: by the promise alone, never by the clock, and without files of its own."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "keystead", deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("keystead")
