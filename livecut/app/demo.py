"""The first run: ten seconds of the demo source through matte, depth and bokeh, and a sheet of every effect."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from livecut.app.build import build_plan
from livecut.app.session import Session
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import Patch, apply
from livecut.sources.demo import DemoSource
from livecut.types import Frame, Pixels, Size

__all__ = ["SECONDS", "VIDEO", "contact_sheet", "demo_session", "has_display"]

SECONDS = 10
VIDEO = "livecut-demo.mp4"

_PANELS: tuple[tuple[str, Patch], ...] = (
    ("input", {"effect": {"name": "none"}}),
    ("matte", {"effect": {"name": "matte"}}),
    ("depth", {"effect": {"name": "depth"}}),
    ("blur", {"effect": {"name": "blur"}}),
    ("bokeh", {"effect": {"name": "bokeh"}}),
    ("replace", {"effect": {"name": "replace"}}),
)
_FRAME = 150
_LEAD_IN = 8
"""Frames before the one that is shown, so that what is steadied over time has settled."""


def has_display() -> bool:
    """True where a window can be opened."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def demo_session(settings: Settings, folder: Path, *, frames: int, window: bool) -> Session:
    """A session that writes `VIDEO` in `folder` as fast as it goes, and shows it in a window if wanted."""
    sinks = [str(folder / VIDEO), *(["window"] if window else [])]
    patch = {"source": {"input": "demo", "pace": "fast"}, "output": {"sinks": sinks}, "effect": {"name": "bokeh"}}
    return Session(apply(settings, patch), frame_limit=frames)


def contact_sheet(settings: Settings, size: Size) -> Pixels:
    """Input, matte, depth, blur, bokeh and replace of one demo frame, side by side, each with its name; BGR."""
    source = DemoSource(size)
    frames = [Frame(source.render(_FRAME - k), _FRAME - k, (_FRAME - k) * 33_333_333) for k in range(_LEAD_IN, -1, -1)]
    panels = [_panel(apply(settings, patch), frames, size) for _, patch in _PANELS]
    rows = [np.hstack(panels[:3]), np.hstack(panels[3:])]
    image = Image.fromarray(np.ascontiguousarray(np.vstack(rows)[:, :, ::-1]))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=max(8, size.height // 18))
    for number, (name, _) in enumerate(_PANELS):
        at = ((number % 3) * size.width + size.height // 30, (number // 3) * size.height + size.height // 40)
        draw.text(at, name, fill=(255, 255, 255), font=font, stroke_width=2, stroke_fill=(0, 0, 0))
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def _panel(settings: Settings, frames: list[Frame], size: Size) -> Pixels:
    plan = build_plan(settings, size, Meter())
    try:
        canvas = plan.new_canvas()
        for frame in frames:
            plan.render(frame, canvas)
        return canvas.bgr
    finally:
        plan.close()
