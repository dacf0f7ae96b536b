"""What tests of the control panel's page share."""

from __future__ import annotations

import shutil
from typing import Any

from playwright.sync_api import Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
PATIENCE_MS = 90_000
"""Kernels may have to compile."""
DESK: dict[str, Any] = {"viewport": {"width": 1200, "height": 900}}


def wait_for_corner(page: Page, colour: tuple[int, int, int]) -> None:
    """Wait until the preview's corner has this colour."""
    page.wait_for_function(
        """(wanted) => {
          const context = document.getElementById('picture').getContext('2d');
          const seen = context.getImageData(2, 2, 1, 1).data;
          return wanted.every((level, at) => Math.abs(level - seen[at]) <= 8);
        }""",
        arg=list(colour),
    )
