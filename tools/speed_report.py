# /// script
# requires-python = ">=3.11"
# dependencies = ["livecut[demo]", "matplotlib>=3.9", "tqdm>=4.66"]
# ///
"""Measure livecut's speed on this machine and write docs/speed.md and docs/growth.png: python tools/speed_report.py

Beside the ordinary way, at two sizes; every effect's rate and age; how the time of a frame grows with its pixels; the
first picture, the first filtered one, and the very first run, while kernels compile. Takes about five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

DOCS = Path(__file__).resolve().parent.parent / "docs"
SIZES = ("640x360", "960x540", "1280x720", "1920x1080", "2560x1440", "3840x2160")
LINEAR = 1.0
"""Exponent of a time that grows with the pixels themselves."""

RUN = "from livecut.cli import main; main()"
STARTING = """
import sys, time
from livecut.cli import main
from livecut.sinks.null import NullSink
started, seen, write = float(sys.argv.pop(1)), set(), NullSink.write
def timed(self, picture):
    write(self, picture)
    kind = "card" if picture.is_card else "picture"
    if kind not in seen:
        seen.add(kind)
        print(f"{kind} {time.time() - started:.3f}", flush=True)
NullSink.write = timed
main()
"""
"""A live run that says when its first card and its first filtered picture were written."""


def bench(*options: str) -> list[dict[str, Any]]:
    """Return what `livecut bench` measures with OPTIONS, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.json"
        command = [sys.executable, "-c", RUN, "bench", *options, "--json", str(path)]
        subprocess.run(command, check=True, capture_output=True, text=True)
        content: dict[str, Any] = json.loads(path.read_text())
    runs: list[dict[str, Any]] = content.get("runs", [content])
    return runs


def start(cold: bool) -> dict[str, float]:
    """Return seconds from the command to the first privacy card and to the first filtered picture at the output."""
    import time

    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "start.py"
        script.write_text(STARTING)
        environ = {**os.environ, "NUMBA_CACHE_DIR": folder} if cold else dict(os.environ)
        command = [sys.executable, str(script), str(time.time()), "run", "--source", "demo", "--sink", "null"]
        command += ["--set", "source.pace=realtime"]
        found: dict[str, float] = {}
        with subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as run:
            assert run.stdout is not None
            for line in run.stdout:
                kind, _, seconds = line.partition(" ")
                if kind in ("card", "picture"):
                    found[kind] = float(seconds)
                if kind == "picture":
                    break
            run.terminate()
        return found


STARTED = "From the command to the output, `livecut run --source demo`:"


def started() -> list[str]:
    """Measure the start, warm and as the very first; the last lines of the page."""
    warm = [start(cold=False) for _ in range(4)][1:]
    cold = start(cold=True)
    middle = {kind: float(np.median([run[kind] for run in warm])) for kind in ("card", "picture")}
    return [
        STARTED,
        "",
        "| | first picture (the card), s | first filtered picture, s |",
        "|---|---|---|",
        f"| kernels compiled before | {middle['card']:.2f} | {middle['picture']:.2f} |",
        f"| the very first run | {cold['card']:.2f} | {cold['picture']:.2f} |",
        "",
    ]


def exponent(pixels: list[int], times: list[float]) -> float:
    """Return by which power of the pixels the times grow, fitted on a double logarithmic scale."""
    return float(np.polyfit(np.log(pixels), np.log(times), 1)[0])


def area(size: str) -> int:
    """Return the pixels of a picture of SIZE, e.g. 1280x720."""
    width, height = size.split("x")
    return int(width) * int(height)


def plot(growth: dict[str, list[float]], path: Path) -> None:
    """Draw the time of a frame over its pixels, an effect a line, beside straight growth."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    pixels = [area(s) / 1e6 for s in SIZES]
    figure, axes = pyplot.subplots(figsize=(6.4, 4), dpi=110)
    for name, times in growth.items():
        axes.plot(pixels, times, marker="o", label=name)
    first = max(times[0] for times in growth.values())
    axes.plot(pixels, [first * p / pixels[0] for p in pixels], "--", color="grey", label="in step with the pixels")
    axes.set(xscale="log", yscale="log", xlabel="megapixels", ylabel="milliseconds a frame, median")
    axes.set_xticks(pixels, SIZES, rotation=25, fontsize=8)
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path)


def report(frames: int) -> tuple[str, dict[str, list[float]]]:
    """Measure everything; return the page and the growth of each effect."""
    from tqdm import tqdm

    steps = tqdm(total=6, desc="measuring")

    def step(*options: str) -> list[dict[str, Any]]:
        runs = bench(*options)
        steps.update()
        return runs

    both = ("--size", "1280x720", "--size", "1920x1080")
    against = step(*both, "--effect", "blur", "--vs", "ordinary", "--frames", str(frames), "--live", "0")
    live = step(*both, "--frames", str(frames), "--effect", "blur", "--effect", "bokeh", "--effect", "replace")
    wanted = [option for size in SIZES for option in ("--size", size)]
    growing = step(*wanted, "--effect", "blur", "--effect", "bokeh", "--frames", "40", "--live", "0")
    starting = started()
    steps.update(3)
    steps.close()

    growth: dict[str, list[float]] = {}
    for effect in ("blur", "bokeh"):
        found = {r["output_size"]: r["wall_ms"]["p50"] for r in growing if r["settings"]["effect"]["name"] == effect}
        growth[effect] = [found[size] for size in SIZES]
    about = against[0]["machine"]
    libraries = ", ".join(f"{name} {version}" for name, version in about["libraries"].items())
    machine = f"{about['processor']}, {about['cores']} cores, Python {about['python']}, {libraries}"
    lines = [
        "# Speed",
        "",
        f"Written by `tools/speed_report.py` on {machine};",
        f"network {live[0]['model']} on {live[0]['provider']}; medians, warm.",
        "",
        "Beside the ordinary way (resize, network, threshold, dilate, box, Gaussian of the whole frame, blend), frame",
        "about with it on the same frames; both with I420 at the end and one inference a frame. A side begins when no",
        "thread of the other works any more. Processor time is what the kernel has counted at a frame's end; beside it",
        "stands what it has counted when the side's own threads are at rest: those that go on spinning when a frame is",
        "done (ONNX Runtime's, by default) use it at a camera's rate, too, and the kernel counts some of a thread's",
        "time only when it sleeps:",
        "",
        "| blur | ours, ms | wall, of the ordinary way's | CPU time at the frame's end | CPU time until rest |",
        "|---|---|---|---|---|",
    ]
    for run in against:
        ratio = run["ratio"]
        lines.append(
            f"| {run['output_size']} | {run['wall_ms']['p50']:.1f} | {ratio['wall']:.2f} | {ratio['cpu']:.2f} | "
            f"{ratio['cpu_until_rest']:.2f} |"
        )
    lines += [
        "",
        "Frames a second one after the other; age of a picture at the output of a live run at 30 frames a second (now",
        "less the time it was captured, repeats counted); most memory:",
        "",
        "| effect | size | frames/s | CPU ms | age p50 / p95, ms | memory, MB |",
        "|---|---|---|---|---|---|",
    ]
    for run in live:
        age, name = run["age_ms"], run["settings"]["effect"]["name"]
        ages = "" if age is None else f"{age['p50']:.0f} / {age['p95']:.0f}"
        memory = "" if run["peak_memory_mb"] is None else f"{run['peak_memory_mb']:.0f}"
        speed = f"{run['frames_per_s']:.1f} | {run['cpu_ms']['p50']:.1f}"
        lines.append(f"| {name} | {run['output_size']} | {speed} | {ages} | {memory} |")
    lines += [
        "",
        "Growth, milliseconds a frame; the exponent is that of the pixels (1: in step with them):",
        "",
        f"| effect | {' | '.join(SIZES)} | exponent |",
        "|" + "---|" * (len(SIZES) + 2),
    ]
    for effect, times in growth.items():
        power = exponent([area(s) for s in SIZES], times)
        lines.append(f"| {effect} | {' | '.join(f'{t:.1f}' for t in times)} | {power:.2f} |")
    lines += ["", "![time of a frame over its pixels](growth.png)", "", *starting]
    return "\n".join(lines), growth


def main() -> None:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DOCS, metavar="FOLDER", help="for speed.md and growth.png")
    parser.add_argument("--frames", type=int, default=100, help="measured one by one (default: 100)")
    parser.add_argument("--start", action="store_true", help="measure the start only, and leave the page else as it is")
    arguments = parser.parse_args()

    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.start:
        earlier, _, _ = (arguments.out / "speed.md").read_text().partition(STARTED)
        (arguments.out / "speed.md").write_text(earlier + "\n".join(started()))
        return
    page, growth = report(arguments.frames)
    (arguments.out / "speed.md").write_text(page)
    plot(growth, arguments.out / "growth.png")
    print(page)


if __name__ == "__main__":
    main()
