"""Hypothesis profiles: small by default, `CBIL_LARGE=1` for many more examples."""

import os

from hypothesis import HealthCheck, settings

IN_CI = os.environ.get("CI") == "true"
LARGE = os.environ.get("CBIL_LARGE") == "1"

settings.register_profile(
    "default",
    max_examples=100,
    deadline=None,
    derandomize=IN_CI,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("large", settings.get_profile("default"), max_examples=5000)
settings.load_profile("large" if LARGE else "default")
