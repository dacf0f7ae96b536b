"""What all tests share: hypothesis looks for new examples at a desk, and keeps to the same ones where CI is set."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest
from hypothesis import settings

# Kernels compile on their first call, and machines are busy: how long an example takes says nothing.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

_TYPED = ExitStack()
if os.environ.get("LIVECUT_TEST_TYPED") == "1":
    from support.typed_device import typed

    _TYPED.enter_context(typed())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: of processes that share the files none is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
