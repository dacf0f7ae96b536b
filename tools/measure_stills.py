# /// script
# requires-python = ">=3.11"
# dependencies = ["livecut[server]"]
#
# [tool.uv.sources]
# livecut = { path = "..", editable = true }
# ///
"""Measure stills: quality beside the live matte, throughput of `livecut cut`, and how long the server takes to answer.

DATA holds a folder a set, with images/ and masks/ (PNG, 255 = person). Quality: intersection over union and boundary F
(tolerance 0.008 of the diagonal) of what `livecut cut` makes, beside the matte the live filter would make of the same
picture with the same network: guided upsampling too, but one look instead of several. Throughput: the command itself
on pictures of one megapixel. Latency: clients that each send such a picture to `livecut serve` again and again.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np

from livecut.app.still import Still
from livecut.bench.measures import boundary, overlap
from livecut.bench.pictures import LEAST_PERSON, PictureSet, gather
from livecut.settings import Settings
from livecut.settings.load import apply, assignment

SETS = ("ccp", "vikram", "ecoreal360", "pennfudan", "coco128")
MEGAPIXEL = 1_000_000
ROUTES = {
    "/v1/results": ("image", "cut-out"),
    "/portrait-depth-estimation/v1": ("image_file", "portrait depth"),
}
LIVECUT = (sys.executable, "-c", "from livecut.cli import main; main()")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Quality:
    """One set's means."""

    pictures: int
    live_iou: float
    cut_iou: float
    live_f: float
    cut_f: float


def quality(sets: list[PictureSet], settings: Settings) -> dict[str, Quality]:
    """Each set's means over its pictures with people."""
    live, cut = Still(settings, thorough=False), Still(settings)
    found: dict[str, Quality] = {}
    try:
        for one in sets:
            rows: list[list[float]] = []
            for picture in one.pictures:
                bgr, mask = picture.read(empty=False)
                if mask is None or mask.mean() < LEAST_PERSON:
                    continue
                mattes = [np.asarray(still.matte(bgr) / 255, np.float32) for still in (live, cut)]
                rows.append([measure(matte, mask) for measure in (overlap, boundary) for matte in mattes])
            if rows:
                found[one.name] = Quality(len(rows), *(float(mean) for mean in np.mean(rows, 0)))
                print(one.name, found[one.name], file=sys.stderr)
    finally:
        live.close()
        cut.close()
    return found


def megapixel_pictures(sets: list[PictureSet], folder: Path, count: int) -> list[Path]:
    """COUNT of the sets' pictures enlarged to one megapixel, as JPEG."""
    folder.mkdir()
    chosen = [picture.path for one in sets for picture in one.pictures][: 4 * count : 4]
    paths = []
    for number in range(count):
        bgr = cv2.imread(str(chosen[number % len(chosen)]))
        assert bgr is not None
        scale = (MEGAPIXEL / (bgr.shape[0] * bgr.shape[1])) ** 0.5
        bgr = cv2.resize(bgr, (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale)), interpolation=cv2.INTER_CUBIC)
        paths.append(folder / f"{number:03}.jpg")
        cv2.imwrite(str(paths[-1]), bgr, (cv2.IMWRITE_JPEG_QUALITY, 90))
    return paths


def throughput(pictures: list[Path], folder: Path, chosen: list[str]) -> dict[str, dict[str, float]]:
    """Wall and processor seconds of the command, start included, for one job and for two; and for one picture."""

    def command(name: str, given: list[Path], jobs: int) -> dict[str, float]:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        arguments = ["cut", *map(str, given), "-o", str(folder / name), "--jobs", str(jobs), *chosen]
        subprocess.run([*LIVECUT, *arguments], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        core_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"pictures": len(given), "wall_s": time.perf_counter() - began, "core_s": core_s}

    command("warm", pictures[:1], 1)  # compiles the kernels, once for all later runs
    return {
        "one picture": command("one", pictures[:1], 1),
        "--jobs 1": command("jobs1", pictures, 1),
        "--jobs 2": command("jobs2", pictures, 2),
    }


def core_seconds(pid: int) -> float:
    """What a process and its children have used of the processor so far; not a number where the system does not say."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ticks = 0
        for one in (str(pid), *children):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    except OSError:
        return float("nan")
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(chosen: list[str]) -> Iterator[tuple[str, int]]:
    """`livecut serve` on a free port: its address and process."""
    arguments = ["serve", "--open", "--port", "0", "--set", "server.waiting=1000", *chosen]
    process = subprocess.Popen([*LIVECUT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        base = process.stdout.readline().strip().removeprefix("serving at ")
        with httpx.Client(trust_env=False) as http:
            while http.get(f"{base}/readyz", timeout=600.0).status_code != 200:
                time.sleep(0.1)
        yield base, process.pid
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def latency(ask: Callable[[int], float], clients: int, seconds: float) -> dict[str, float]:
    """Median and 95th percentile of what ASK took, for CLIENTS that each ask again as soon as they are answered."""
    took: list[float] = []
    lock = threading.Lock()
    began = time.perf_counter()

    def client(number: int) -> None:
        # Each at least once, however long that takes.
        while True:
            one = ask(number)
            with lock:
                took.append(one)
            if time.perf_counter() - began > seconds:
                return

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    wall_s = time.perf_counter() - began
    cuts = statistics.quantiles(took, n=20, method="inclusive") if len(took) > 1 else took * 19
    return {"requests": len(took), "per_s": len(took) / wall_s, "p50_s": statistics.median(took), "p95_s": cuts[18]}


def latencies(
    pictures: list[Path], clients: list[int], seconds: float, chosen: list[str]
) -> dict[str, dict[str, dict[str, float]]]:
    """For each route and number of clients."""
    files = [path.read_bytes() for path in pictures]
    limits = httpx.Limits(max_connections=max(clients), max_keepalive_connections=max(clients))
    found: dict[str, dict[str, dict[str, float]]] = {}
    with server(chosen) as (base, pid), httpx.Client(timeout=600.0, trust_env=False, limits=limits) as http:
        for route, (field, name) in ROUTES.items():

            def ask(number: int, route: str = route, field: str = field) -> float:
                began = time.perf_counter()
                response = http.post(base + route, files={field: ("a.jpg", files[number % len(files)])})
                assert response.status_code == 200, response.text[:200]
                return time.perf_counter() - began

            for _ in range(4):
                ask(0)
            found[name] = {}
            for count in clients:
                before = core_seconds(pid)
                level = latency(ask, count, seconds)
                found[name][str(count)] = {**level, "core_s": (core_seconds(pid) - before) / level["requests"]}
            print(name, found[name], file=sys.stderr)
    return found


def report(measured: dict[str, Any]) -> str:
    """Everything as Markdown."""
    lines = [f"Network: {measured['network']}. {measured['machine']}.", ""]
    if measured["quality"]:
        lines += [
            "| set (pictures) | IoU live | IoU `cut` | boundary F live | boundary F `cut` |",
            "|---|---|---|---|---|",
        ]
        rows = [(f"{name} ({q['pictures']})", q) for name, q in measured["quality"].items()]
        columns = ("live_iou", "cut_iou", "live_f", "cut_f")
        means = {column: statistics.fmean(q[column] for _, q in rows) for column in columns}
        for name, q in [*rows, ("mean of sets", means)]:
            lines.append(f"| {name} | {' | '.join(f'{q[column]:.3f}' for column in columns)} |")
        lines.append("")
    if measured["throughput"]:
        lines += [
            "| `livecut cut`, 1 megapixel | pictures | seconds in all | pictures a second | core seconds a picture |"
        ]
        lines += ["|---|---|---|---|---|"]
        for name, t in measured["throughput"].items():
            rate, core_s = t["pictures"] / t["wall_s"], t["core_s"] / t["pictures"]
            lines.append(f"| {name} | {t['pictures']:.0f} | {t['wall_s']:.1f} | {rate:.2f} | {core_s:.2f} |")
        lines.append("")
    if measured["latency"]:
        lines += ["| server, 1 megapixel | clients | p50 | p95 | answers a second | core seconds an answer |"]
        lines += ["|---|---|---|---|---|---|"]
        for name, levels in measured["latency"].items():
            for clients, level in levels.items():
                shown = (
                    f"{level['p50_s']:.2f} s | {level['p95_s']:.2f} s | {level['per_s']:.2f} | {level['core_s']:.2f}"
                )
                lines.append(f"| {name} | {clients} | {shown} |")
        lines.append("")
    return "\n".join(lines)


def put_into(page: Path, text: str) -> None:
    """Replace what stands between the marks of PAGE."""
    old = page.read_text(encoding="utf-8")
    head, _, rest = old.partition(BEGIN)
    _, mark, tail = rest.partition(END)
    if not mark:
        raise SystemExit(f"{page} has no {BEGIN} … {END}")
    page.write_text(f"{head}{BEGIN}\n{text}{END}{tail}", encoding="utf-8")


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of sets")
    parser.add_argument("--sets", nargs="*", default=list(SETS), help="only these sets")
    parser.add_argument("--limit", type=int, help="pictures a set")
    parser.add_argument("--pictures", type=int, default=24, help="pictures for the throughput; 0 leaves it out")
    parser.add_argument(
        "--clients", type=int, nargs="*", default=[1, 8, 64], help="numbers of clients; none: leave out"
    )
    parser.add_argument("--seconds", type=float, default=30.0, help="for each number of clients")
    parser.add_argument("--no-quality", action="store_true", help="speed only")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="any setting, as for livecut")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there too")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables between the marks of this page")
    arguments = parser.parse_args()

    settings = Settings.model_validate({})
    for text in arguments.set:
        settings = apply(settings, assignment(text))
    chosen = [word for text in arguments.set for word in ("--set", text)]
    sets = [one.thinned(arguments.limit) for one in gather([arguments.data])[0] if one.name in arguments.sets]
    still = Still(settings)
    network = still.label
    still.close()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    machine = f"{cores} cores, shared with other programs (load average {os.getloadavg()[0]:.1f} before)"
    measured: dict[str, Any] = {"network": network, "machine": machine, "throughput": {}, "latency": {}}
    found = {} if arguments.no_quality else quality(sets, settings)
    measured["quality"] = {name: vars(one) for name, one in found.items()}
    with tempfile.TemporaryDirectory(prefix="livecut-stills-") as name:
        folder = Path(name)
        pictures = megapixel_pictures(sets, folder / "in", arguments.pictures or 8)
        if arguments.pictures:
            measured["throughput"] = throughput(pictures, folder, chosen)
        if arguments.clients:
            measured["latency"] = latencies(pictures, arguments.clients, arguments.seconds, chosen)
    text = report(measured)
    print(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    if arguments.write:
        put_into(arguments.write, text)


if __name__ == "__main__":
    main()
