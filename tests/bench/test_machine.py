"""The machine's fingerprint and this process's memory."""

from __future__ import annotations

import json

import numpy as np

from livecut import __version__
from livecut.bench.machine import fingerprint, peak_memory_mb


def test_the_fingerprint_names_what_computes() -> None:
    found = fingerprint()
    assert found == json.loads(json.dumps(found))
    assert found["cores"] >= 1
    assert found["processor"]
    assert found["livecut"] == __version__
    assert {"numpy", "opencv-python", "numba"} <= set(found["libraries"])
    assert any(name.startswith("onnxruntime") for name in found["libraries"])


def test_it_is_the_same_every_time() -> None:
    assert fingerprint() == fingerprint()


def test_the_peak_rises_with_what_is_taken_and_never_falls() -> None:
    before = peak_memory_mb()
    taken = np.ones(int(before * 1e6) + 100_000_000, np.uint8)
    risen = peak_memory_mb()
    assert risen > before + 50
    del taken
    assert peak_memory_mb() >= risen - 1  # the kernel counts in batches
