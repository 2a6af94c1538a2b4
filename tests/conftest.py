"""Settings of all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# the same examples every time in CI, so that a failure there is that of the change; new ones everywhere else
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("default", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "default")
