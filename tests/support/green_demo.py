"""The settings of a filter that runs anywhere: the demo, a network that is none, everything green."""

from __future__ import annotations

from typing import Final

from livecut.settings import Settings
from livecut.settings.load import apply

__all__ = ["GREEN_DEMO"]

GREEN_DEMO: Final = apply(
    Settings(),
    {
        "source": {"input": "demo", "fps": 30},
        "output": {"sinks": ["null"], "size": "320x180"},
        "model": {"name": "null"},
        "effect": {"name": "green"},
        "device": "cpu",
    },
)
