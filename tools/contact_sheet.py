"""A sheet a video, its frames by effects, into out/: python tools/contact_sheet.py PATH... [--model NAME] [--frames 4]

PATH: a video, a sequence (images/ of consecutive frames, masks/ of the same names) or a folder of such.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from livecut.app.build import build_plan
from livecut.bench.finals import clip_shots, sequence_shots
from livecut.bench.pictures import gather
from livecut.kernels.cpu.geometry import fit
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Frame, Pixels, Size

OUT = Path(__file__).resolve().parent.parent / "out" / "contact"
EFFECTS = ("none", "blur", "bokeh", "replace", "depth")
BACKGROUND = "#3a6a8a"
_SIZE = Size(1280, 720)


def sheet(frames: Sequence[Pixels], shown: Sequence[int], size: Size, width: int, model: str) -> Pixels:
    """Every effect a row, every frame of `shown` a column; each effect sees all frames in their order."""
    rows = []
    for name in EFFECTS:
        effect = {"name": name, "replace": {"background": BACKGROUND}}
        patch = {"device": "cpu", "model": {"name": model}, "effect": effect}
        plan = build_plan(apply(Settings(), patch), size, Meter())
        canvas = plan.new_canvas()
        row = []
        for index, bgr in enumerate(frames):
            plan.render(Frame(bgr, index, index * 33_333_333), canvas)
            if index in shown:
                shrunk = cv2.resize(
                    canvas.bgr, (width, width * size.height // size.width), interpolation=cv2.INTER_AREA
                )
                small = np.asarray(shrunk, np.uint8)
                _label(small, f"{name} {index}")
                row.append(small)
        plan.close()
        rows.append(np.hstack(row))
    return np.asarray(np.vstack(rows), np.uint8)


def _label(picture: Pixels, text: str) -> None:
    """Write `text` into the upper left corner, on a dark plate: most rows are pale there."""
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    cv2.rectangle(picture, (0, 0), (width + 11, height + below + 7), (0, 0, 0), cv2.FILLED)
    cv2.putText(picture, text, (6, height + 5), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)


def _named(paths: Sequence[Path], most: int) -> Iterable[tuple[str, list[Pixels]]]:
    sets, clips = gather(paths)
    for clip in clips:
        yield clip.name, [shot.bgr for shot in clip_shots(clip, most)]
    for one in sets:
        if one.in_order:
            yield one.name, [shot.bgr for shot in sequence_shots(one.thinned(most))]


def main(arguments: list[str] | None = None) -> None:
    """Write one sheet a video."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--model", default=Settings().model.name, help="network, default what live pictures use")
    parser.add_argument("--frames", type=int, default=4, help="columns")
    parser.add_argument("--most", type=int, default=40, help="frames read of each video")
    parser.add_argument("--size", type=int, default=_SIZE.width, help="width at which effects are worked out")
    parser.add_argument("--width", type=int, default=480, help="width of one picture on the sheet")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args(arguments)
    size = Size(given.size, given.size * 9 // 16)
    given.out.mkdir(parents=True, exist_ok=True)
    found = False
    for name, frames in _named(given.paths, given.most):
        if not frames:
            continue
        found = True
        fitted = []
        for bgr in frames:
            out = np.empty((size.height, size.width, 3), np.uint8)
            fit(bgr, out, mode="cover")
            fitted.append(out)
        shown = [round((k + 1) * (len(frames) - 1) / given.frames) for k in range(given.frames)]
        path = given.out / f"{name}.jpg"
        cv2.imwrite(str(path), sheet(fitted, shown, size, given.width, given.model))
        print(path)
    if not found:
        parser.error("no video in PATH, and no images/ of consecutive frames with masks/ beside it")


if __name__ == "__main__":
    main()
