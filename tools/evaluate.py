# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "onnxruntime>=1.19", "opencv-python-headless>=4.10", "tqdm>=4.66"]
# ///
"""Measure networks on folders of pictures that none was trained on: one run, the same pictures, one table.

Each set is a folder with images/ and, where people are in them, masks/. Mattes: intersection over union, boundary F
(tolerance 0.008 of the diagonal) and mean absolute difference; pictures with nobody in them: the share of pixels over
a half. Depth: rank correlation with TCMonoDepth and error after scale and shift, as a share of its spread. Videos:
change of the matte along the picture's motion. Time: medians, networks taking turns.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from joint import scores as scoring
from joint import teachers
from joint.rivals import Joint, Rival, Tcmono, others
from joint.scores import RAMP, Case, Scores
from joint.teachers import Map
from tqdm import tqdm

MATTE = ("iou", "boundary", "mad")
DEPTH = ("rank", "depth_error")
EMPTY = ("over_half", "mean_alpha")
VIDEO = ("warping", "warping_smoothed")
SHEET_WIDTH = 320


def table(scores: Scores, names: list[str], measures: tuple[str, ...], digits: int = 3) -> str:
    """Return a table in Markdown: a row a set that has MEASURES, a column a network."""
    rows = [s for s in scores.values if any(measures[0] in v for v in scores.values[s].values())]
    columns = [n for n in names if any(measures[0] in scores.values[s][n] for s in rows)]
    lines = [f"| {' / '.join(measures)} | {' | '.join(columns)} |", "|" + "---|" * (len(columns) + 1)]
    cells: dict[str, list[list[float]]] = {c: [] for c in columns}
    for source in rows:
        values = {c: [scores.mean(source, c, m) for m in measures] for c in columns}
        for column, row in values.items():
            cells[column].append(row)
        shown = " | ".join(" / ".join(f"{v:.{digits}f}" for v in values[c]) for c in columns)
        count = max(len(scores.values[source][c][measures[0]]) for c in columns)
        lines.append(f"| {source} ({count}) | {shown} |")
    means = " | ".join(" / ".join(f"{v:.{digits}f}" for v in np.mean(cells[c], 0)) for c in columns)
    lines.append(f"| mean of sets | {means} |")
    return "\n".join(lines)


def speed(rivals: list[Rival], rounds: int) -> dict[str, float]:
    """Return the median milliseconds of each network, taking turns on one picture."""
    image = np.random.default_rng(0).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    for rival in rivals:
        rival.seconds.clear()
    for _ in range(rounds):
        for rival in rivals:
            rival.matte(image)
    return {r.name: float(np.median(r.seconds) * 1e3) for r in rivals}


def sheet(cases: list[tuple[float, Case, dict[str, Map]]], names: list[str]) -> npt.NDArray[np.uint8]:
    """Return a contact sheet: a row a case, with the picture, its mask and each network's cut-out on green."""
    rows = []
    for _, case, mattes in cases:
        assert case.mask is not None
        cells = [case.image, *(_on_green(case, m) for m in (case.mask.astype(np.float32), *(mattes[n] for n in names)))]
        rows.append(np.hstack([cv2.resize(c, (SHEET_WIDTH, SHEET_WIDTH * 9 // 16)) for c in cells]))
    return np.asarray(np.vstack(rows), np.uint8)


def _on_green(case: Case, matte: Map) -> npt.NDArray[np.uint8]:
    alpha = matte[..., None]
    return (case.image * alpha + np.array([80, 200, 80]) * (1 - alpha)).astype(np.uint8)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", type=Path, nargs="+", metavar="ONNX", help="livecut's networks to measure")
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--others", type=Path, required=True, help="folder of other projects' networks")
    parser.add_argument("--sets", nargs="*", help="only these sets")
    parser.add_argument("--webcam", action="store_true", help="crop pictures to 16:9 at the head")
    parser.add_argument("--cut", metavar="NAME", nargs="*", default=[], help="measure `livecut cut` with NAME too")
    parser.add_argument("--both-fits", action="store_true", help="feed ours stretched too, whatever a picture's shape")
    parser.add_argument("--limit", type=int, help="pictures a set")
    parser.add_argument("--videos", type=Path, help="folder of clips for the flicker measure")
    parser.add_argument("--frames", type=int, default=60, help="frames a clip")
    parser.add_argument("--rounds", type=int, default=0, help="rounds of the speed measure")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every mean there too")
    parser.add_argument("--worst", type=Path, metavar="PNG", help="contact sheet of the ten worst cases")
    arguments = parser.parse_args()

    cv2.setNumThreads(1)
    fits = (False, True) if arguments.both_fits else (False,)
    ours: list[Rival] = [Joint(p, stretch=f, threads=arguments.threads) for p in arguments.networks for f in fits]
    if arguments.cut:
        from joint.cut import Cut  # the rest does without livecut

        ours += [Cut(name) for name in arguments.cut]
    rivals = ours + others(arguments.others, arguments.threads)
    teacher = Tcmono(arguments.others / teachers.DEPTH, arguments.threads)
    names = [r.name for r in rivals]
    scores = Scores()
    worst: list[tuple[float, Case, dict[str, Map]]] = []
    folders = [p for p in sorted(arguments.data.iterdir()) if (p / "images").is_dir()]
    chosen = [p for p in folders if (p / "masks").is_dir() or p.name.startswith("bg_")]
    for folder in [p for p in chosen if not arguments.sets or p.name in arguments.sets]:
        found = scoring.cases(folder, crop=arguments.webcam, limit=arguments.limit)
        for case in tqdm(found, desc=folder.name, mininterval=5):
            if case is found[0] or not folder.name.startswith(scoring.IN_ORDER):
                for rival in rivals:
                    rival.forget()
            mattes = scoring.score(scores, case, rivals, teacher)
            if arguments.worst and case.mask is not None:
                worst.append((scores.values[case.source][names[0]]["iou"][-1], case, mattes))
                worst = sorted(worst, key=lambda w: w[0])[:10]
    for clip in sorted(arguments.videos.iterdir()) if arguments.videos else []:
        scoring.score_video(scores, clip, rivals, arguments.frames)

    for measures, digits in ((MATTE, 3), (DEPTH, 3), (EMPTY, 4), (VIDEO, 4)):
        if any(measures[0] in v for s in scores.values.values() for v in s.values()):
            print(table(scores, [*names, RAMP], measures, digits), end="\n\n")
    for name in (*[r.name for r in ours if r.name in scores.profiles], teacher.name):
        print(f"width of the depth step at people's outlines, {name}: {scores.edge_width(name):.2f} px of 320")
    times = speed([*rivals, teacher], arguments.rounds) if arguments.rounds else {}
    for name, value in times.items():
        print(f"{name}: {value:.2f} ms")
    if arguments.json:
        means = {
            s: {n: {m: scores.mean(s, n, m) for m in v} for n, v in networks.items()}
            for s, networks in scores.values.items()
        }
        arguments.json.write_text(json.dumps({"means": means, "milliseconds": times}, indent=1))
    if arguments.worst:
        arguments.worst.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(arguments.worst), sheet(worst, names[:2]))
        print("worst:", ", ".join(f"{c.source}/{c.name} {s:.2f}" for s, c, _ in worst))


if __name__ == "__main__":
    main()
