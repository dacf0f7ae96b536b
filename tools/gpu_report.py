# /// script
# requires-python = ">=3.11"
# dependencies = ["livecut[cuda,test]"]
# ///
"""Check livecut's GPU path on this machine, then measure it: python tools/gpu_report.py [--json FILE] [--frames N].

Every device kernel and the whole plan are compared with the CPU's (the tests of tests/kernels/cuda, on the GPU instead
of in the simulator), and a plan's pictures with the CPU's plan. Then milliseconds a frame from the host's frame to the
host's picture and I420, upload and download included, with the copies between host and GPU counted by the plan.
Exit status: 0 all is well, 1 something differs, 4 there is no GPU that can be used.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from livecut.app.build import build_plan, chosen_networks, cpu_plan
from livecut.app.resident import resident_plan
from livecut.errors import AcceleratorError, LivecutError
from livecut.inference.accelerator import choose
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.sources.demo import DemoSource
from livecut.types import Frame, Size

ROOT = Path(__file__).resolve().parents[1]
SIZES = (Size(1920, 1080), Size(3840, 2160))
EFFECTS = ("bokeh", "blur", "replace")
# What is asked of an H200-class GPU, upload and download included.
TARGETS_MS = {("bokeh", SIZES[0]): 3.0, ("bokeh", SIZES[1]): 8.0}
WARM_UP = 30
DIFFERENT = 8
"""Frames that take turns, so that no copy is of what is already there."""


def settings_for(effect: str, device: str) -> Settings:
    """What `livecut run` ships, into a virtual camera."""
    return apply(Settings(), {"device": device, "effect": {"name": effect}, "output": {"sinks": ["virtualcam"]}})


def kernels_are_right() -> bool:
    """Run the device's tests on the GPU; their output goes to this program's."""
    tests = [str(ROOT / "tests" / "kernels" / "cuda"), str(ROOT / "tests" / "pipeline" / "test_resident.py")]
    environment = {**os.environ, "LIVECUT_TEST_GPU": "1"}
    environment.pop("NUMBA_ENABLE_CUDASIM", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def frames_of(size: Size) -> list[Frame]:
    """A few of the demo's frames."""
    source = DemoSource(size, 30.0)
    return [Frame(source.render(index), index, index * 33_333_333) for index in range(DIFFERENT)]


def measure(effect: str, size: Size, count: int) -> dict[str, Any]:
    """One row: times a frame, copies a frame, and how far a picture is from the CPU's."""
    settings = settings_for(effect, "cuda")
    plan = resident_plan(settings, size, Meter(), choose("cuda"), chosen_networks)
    if plan is None:
        raise AcceleratorError(f"{effect} is not painted on the GPU")
    host = cpu_plan(settings_for(effect, "cpu"), size, Meter())
    try:
        frames = frames_of(size)
        ours, theirs = plan.new_canvas(), host.new_canvas()
        for frame in frames:  # what is remembered counts, too
            plan.render(frame, ours)
            host.render(frame, theirs)
        apart = np.abs(ours.bgr.astype(np.int16) - theirs.bgr)
        plan.reset()
        device: Any = plan.device  # type: ignore[attr-defined]
        times = []
        for number in range(WARM_UP + count):
            frame = frames[number % DIFFERENT]
            if number == WARM_UP:
                device.copies.forget()
            started = time.perf_counter()
            plan.render(Frame(frame.bgr, number, number * 33_333_333), ours)
            times.append((time.perf_counter() - started) * 1e3)
        copies = device.copies
        measured = times[WARM_UP:]
        return {
            "effect": effect,
            "size": str(size),
            "network": plan.label,
            "frames": count,
            "ms_p50": statistics.median(measured),
            "ms_p95": statistics.quantiles(measured, n=20)[18],
            "target_ms": TARGETS_MS.get((effect, size)),
            "uploads_a_frame": copies.up / count,
            "downloads_a_frame": copies.down / count,
            "launches_a_frame": copies.launches / count,
            # Networks on the GPU round otherwise (TF32, fp16): a rim may differ, a picture must not.
            "levels_apart_mean": float(apart.mean()),
            "levels_apart_p999": float(np.percentile(apart, 99.9)),
        }
    finally:
        plan.close()
        host.close()


def machine() -> dict[str, Any]:
    """The GPU, and what drives it."""
    from numba import cuda
    from onnxruntime import __version__ as runtime

    device = cuda.get_current_device()
    name = device.name.decode() if isinstance(device.name, bytes) else str(device.name)
    capability = ".".join(str(part) for part in device.compute_capability)
    return {"gpu": name, "compute_capability": capability, "onnxruntime": runtime}


def table(rows: list[dict[str, Any]]) -> str:
    """For people, in Markdown."""
    lines = [
        "| effect | size | ms p50 | p95 | asked for | copies up / down a frame | launches | apart, mean / p99.9 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        asked = "" if row["target_ms"] is None else f"{row['target_ms']:g}"
        lines.append(
            f"| {row['effect']} | {row['size']} | {row['ms_p50']:.2f} | {row['ms_p95']:.2f} | {asked} | "
            f"{row['uploads_a_frame']:g} / {row['downloads_a_frame']:g} | {row['launches_a_frame']:.0f} | "
            f"{row['levels_apart_mean']:.2f} / {row['levels_apart_p999']:.0f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Check, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the rows there, too")
    parser.add_argument("--frames", type=int, default=200, help="measured for each row")
    parser.add_argument("--no-check", action="store_true", help="do not run the kernels' tests first")
    options = parser.parse_args()
    try:
        choose("cuda")
        build_plan(settings_for("blur", "cuda"), Size(320, 180), Meter()).close()
    except LivecutError as error:
        print(f"no GPU can be used: {error}")
        return 4
    about = machine()
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    right = options.no_check or kernels_are_right()
    rows = [measure(effect, size, options.frames) for size in SIZES for effect in EFFECTS]
    print(table(rows))
    once = all((row["uploads_a_frame"], row["downloads_a_frame"]) == (1, 1) for row in rows)
    near = all(row["levels_apart_mean"] < 2.0 for row in rows)
    verdicts = {"kernels_are_right": right, "one_copy_each_way": once, "near_the_cpu": near}
    report = {"machine": about, **verdicts, "rows": rows}
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0 if right and once and near else 1


if __name__ == "__main__":
    sys.exit(main())
