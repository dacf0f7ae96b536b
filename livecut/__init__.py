"""livecut: real-time person matte, depth, lens-like blur and background replacement."""

from __future__ import annotations

__version__ = "0.1.0"
