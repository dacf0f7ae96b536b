"""What all tests share: hypothesis looks for new examples at a desk, and keeps to the same ones where CI is set."""

from __future__ import annotations

import os

from hypothesis import settings

# Kernels compile on their first call, and machines are busy: how long an example takes says nothing.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
