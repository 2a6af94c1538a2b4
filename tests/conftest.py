"""Settings of all tests."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# the same examples every time in CI, so that a failure there is that of the change; new ones everywhere else
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("default", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked `posix` on other systems."""
    if os.name != "posix":
        for item in items:
            if item.get_closest_marker("posix"):
                item.add_marker(pytest.mark.skip(reason="needs POSIX"))
