"""The frozen settings tree and how it is put together from files, environment and flags."""

from __future__ import annotations

from livecut.settings.tree import Settings

__all__ = ["Settings"]
