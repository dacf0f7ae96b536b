"""Draw docs/gallery.png, every effect on the demo portrait by livecut itself: python tools/gallery.py [OUT.png]"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from livecut.app.build import build_plan
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import Patch, apply
from livecut.sources.demo import DemoSource
from livecut.types import Frame, Pixels, Size

GALLERY = Path(__file__).resolve().parent.parent / "docs" / "gallery.png"
SIZE = Size(320, 180)
COLUMNS = 4
PANELS: tuple[tuple[str, Patch], ...] = (
    ("none", {"effect": {"name": "none"}}),
    ("blur", {"effect": {"name": "blur"}}),
    ("blur, dimmed and grey", {"effect": {"name": "blur", "blur": {"dim": 0.35, "saturation": 0.2}}}),
    ("bokeh", {"effect": {"name": "bokeh", "bokeh": {"aperture": 1.5}}}),
    ("replace", {"effect": {"name": "replace", "replace": {"background": "#2b5a6a"}}}),
    ("green", {"effect": {"name": "green"}}),
    ("cutout", {"effect": {"name": "cutout", "cutout": {"colour": "white"}}}),
    ("matte", {"effect": {"name": "matte"}}),
    ("matte, tinted", {"effect": {"name": "matte", "matte": {"over": "tint"}}}),
    ("depth", {"effect": {"name": "depth"}}),
    ("depth, person only", {"effect": {"name": "depth", "depth": {"colour_map": "inferno", "person_only": True}}}),
    ("split", {"effect": {"name": "split", "split": {"before": "matte", "after": "bokeh"}}}),
)
_FRAME, _LEAD_IN = 150, 4


def panel(patch: Patch, size: Size) -> Pixels:
    """One frame of the demo under these settings, once what is steadied over time has settled."""
    settings = apply(apply(Settings(), {"device": "cpu"}), patch)
    plan = build_plan(settings, size, Meter())
    source = DemoSource(size)
    try:
        canvas = plan.new_canvas()
        for index in range(_FRAME - _LEAD_IN, _FRAME + 1):
            plan.render(Frame(source.render(index), index, index * 33_333_333), canvas)
        if canvas.alpha is None:
            return canvas.bgr
        share = canvas.alpha[..., np.newaxis] / np.float32(255)
        return np.asarray(canvas.bgr * share + np.float32(255) * (1 - share), np.uint8)
    finally:
        plan.close()


def gallery(size: Size, panels: tuple[tuple[str, Patch], ...] = PANELS) -> Image.Image:
    """All panels with their names, `COLUMNS` a row."""
    rows = -(-len(panels) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * size.width, rows * size.height), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=max(8, size.height // 15))
    for number, (name, patch) in enumerate(panels):
        left, top = (number % COLUMNS) * size.width, (number // COLUMNS) * size.height
        sheet.paste(Image.fromarray(np.ascontiguousarray(panel(patch, size)[..., ::-1])), (left, top))
        at = (left + size.height // 25, top + size.height // 40)
        draw.text(at, name, fill="white", font=font, stroke_width=2, stroke_fill="black")
    return sheet


def main(arguments: list[str] | None = None) -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=GALLERY)
    parser.add_argument("--width", type=int, default=SIZE.width, help="of one panel")
    given = parser.parse_args(arguments)
    sheet = gallery(Size(given.width, given.width * 9 // 16))
    sheet.save(given.out, optimize=True)
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
