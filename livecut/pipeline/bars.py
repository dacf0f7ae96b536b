"""What `output.fit = "contain"` leaves free beside a frame: nobody is there, and nothing of the room."""

from __future__ import annotations

from typing import TypeAlias

from livecut.types import Canvas, Size

__all__ = ["Bars", "blacken", "fills_bars", "no_bars"]

Bars: TypeAlias = tuple[tuple[slice, slice], ...]
"""Rows and columns of each bar; where they lie, `kernels.cpu.geometry.left_free` says."""


def no_bars(_source: Size) -> Bars:
    """Nothing is left free."""
    return ()


def fills_bars(effect: object) -> bool:
    """Whether an effect paints something of its own wherever nobody is, which may fill the bars as well."""
    return bool(getattr(effect, "fills_bars", False))


def blacken(out: Canvas, bars: Bars) -> None:
    """Paint the bars black, and far away where the picture has depth."""
    for part in bars:
        out.bgr[part] = 0
        if out.depth is not None:
            out.depth[part] = 0
