"""Runs in the guest of test_vm.py: a kernel webcam, livecut's source and sink, a virtual camera, and a reader.

Prints one line `RESULT {...}`; everything is judged outside.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from livecut.errors import DeviceError, DeviceLost, LivecutError
from livecut.kernels.cpu.yuv import bgr_to_i420, yuv420_bytes
from livecut.sinks import open_sink
from livecut.sinks.devices import virtual_cameras
from livecut.sources import open_source
from livecut.sources.devices import cameras
from livecut.types import Picture, Size

SIZE = Size(640, 480)
READ = 100
RAW = Path("/tmp/read.yuv")


def slow_i420(bgr: np.ndarray) -> bytes:
    """BT.601, limited range, in floating point."""
    b, g, r = (bgr[..., channel].astype(np.float64) for channel in range(3))
    luma = 0.299 * r + 0.587 * g + 0.114 * b

    def mean(plane: np.ndarray) -> np.ndarray:
        squares: np.ndarray = plane.reshape(SIZE.height // 2, 2, SIZE.width // 2, 2)
        return np.asarray(squares.mean(axis=(1, 3)))

    y = 16 + 219 / 255 * luma
    u = 128 + 224 / 255 * mean(b - luma) / 1.772
    v = 128 + 224 / 255 * mean(r - luma) / 1.402
    return b"".join(np.floor(plane + 0.5).astype(np.uint8).tobytes() for plane in (y, u, v))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def elsewhere(code: str) -> str:
    """What another process says."""
    program = (
        "from livecut.errors import LivecutError\n"
        "try:\n"
        f"    {code}\n"
        "    print('opened')\n"
        "except LivecutError as error:\n"
        "    print(f'{error.message} | {error.hint}')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr[-500:]).strip()


def ask_for_devices_in_use(result: dict[str, Any]) -> None:
    """Let another process want the virtual camera while this one writes to it."""
    result["busy_virtual"] = elsewhere("from livecut.sinks.devices import choose; choose('livecut')")
    result["busy_any"] = elsewhere("from livecut.sinks.devices import choose; choose(None)")


def reopen(picture: Picture, viewer: int | None = None) -> str:
    """Write to the virtual camera once more; a viewer that looks on keeps it open."""
    try:
        sink = open_sink("virtualcam:livecut", size=SIZE, fps=25)
        for _ in range(3):
            sink.write(picture)
        if viewer is not None:
            os.read(viewer, yuv420_bytes(SIZE))
        sink.close()
    except DeviceError as error:
        return error.message
    return "works"


def main() -> None:
    result: dict[str, Any] = {"cameras": [], "pid": os.getpid()}
    result["cameras"] = [
        [camera.index, camera.name, sorted({str(format.size) for format in camera.formats})]
        for camera in cameras(details=True)
    ]
    result["virtual"] = [[camera.path, camera.label, camera.exclusive, camera.busy] for camera in virtual_cameras()]
    source = open_source("/dev/video0", size=SIZE, fps=25, timeout_s=60, stale_after_s=30)
    result["source"] = [source.name, str(source.size), source.fps, source.live]
    result["busy_camera"] = elsewhere(
        "from livecut.sources import open_source; open_source('0', timeout_s=60, stale_after_s=30)"
    )
    sink = open_sink("virtualcam:livecut", size=SIZE, fps=25)
    result["sink"] = sink.name
    written: list[str] = []
    indexes: list[int] = []
    exact = []
    planes = np.empty(yuv420_bytes(SIZE), np.uint8)
    reader = None
    busy = threading.Thread(target=ask_for_devices_in_use, args=(result,))
    while True:
        frame = source.read()
        assert frame is not None
        last = Picture(frame.bgr, None, frame.index, frame.captured_ns)
        sink.write(last)
        bgr_to_i420(frame.bgr, planes)
        written.append(digest(planes.tobytes()))
        indexes.append(frame.index)
        if len(written) % 50 == 1:
            slow = np.frombuffer(slow_i420(frame.bgr), np.uint8)
            exact.append(int(np.abs(planes.astype(int) - slow).max()))
        if len(written) == 5:
            busy.start()
        if reader is None and len(written) > 5 and not busy.is_alive():
            given = ["-f", "v4l2", "-input_format", "yuv420p", "-i", "/dev/video10"]
            wanted = ["-frames:v", str(READ), "-f", "rawvideo", "-pix_fmt", "yuv420p", "-y", str(RAW)]
            reader = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", *given, *wanted])
        if reader is not None and reader.poll() is not None:
            break
    result["reader"] = reader.returncode
    raw = RAW.read_bytes()
    length = len(planes)
    order = {name: index for index, name in reversed(list(enumerate(written)))}
    result["read"] = [order.get(digest(raw[at : at + length]), -1) for at in range(0, len(raw), length)]
    result["written"] = len(written)
    result["indexes_rise"] = all(b > a for a, b in itertools.pairwise(indexes))
    result["distinct"] = len(set(written))
    result["rounding"] = exact
    sink.close()
    result["virtual_closed"] = [[camera.path, camera.busy] for camera in virtual_cameras()]
    result["reopened"] = reopen(last)
    viewer = os.open("/dev/video10", os.O_RDWR)
    result["reopened_with_a_viewer"] = [reopen(last, viewer), reopen(last)]
    os.close(viewer)
    result["unplugged"] = unplug(source)
    source.close()
    print("RESULT", json.dumps(result), flush=True)


def unplug(source: Any) -> str:
    """Pull the webcam out of the kernel while it is being read."""
    driver = Path("/sys/bus/platform/drivers/vivid")
    device = next(driver.glob("vivid.*")).name
    subprocess.Popen(["sh", "-c", f"echo {device} > {driver}/unbind"])
    try:
        for _ in range(2000):
            source.read()
    except DeviceLost as error:
        return error.message
    except DeviceError as error:
        return f"not lost but {error.message}"
    return "still there"


if __name__ == "__main__":
    try:
        main()
    except LivecutError as error:
        print("FAILED", error.message, "|", error.hint, flush=True)
        raise SystemExit(3) from error
