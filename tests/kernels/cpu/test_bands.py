"""Rows shared between threads: the same pictures whatever the number, and from several threads at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from livecut.kernels.cpu import bands
from livecut.kernels.cpu.background_blur import BackgroundBlur
from livecut.kernels.cpu.bands import MOST, choose_threads, in_bands, use_bands
from livecut.kernels.cpu.guided import GuidedUpsampler
from livecut.kernels.cpu.yuv import bgr_to_i420, bgr_to_nv12, yuv420_bytes
from livecut.types import Size

SIZE, PLANE = Size(203, 147), Size(51, 37)
Bytes = NDArray[np.uint8]


@pytest.fixture(autouse=True)
def _one_again() -> Iterator[None]:
    yield
    use_bands(1)


def given() -> tuple[Bytes, Bytes, NDArray[np.float32]]:
    rng = np.random.default_rng(8)
    bgr = rng.integers(0, 256, (SIZE.height, SIZE.width, 3), np.uint8)
    alpha = rng.choice(np.array([0, 90, 255], np.uint8), (SIZE.height, SIZE.width))
    alpha[:, :70], alpha[:, 140:] = 0, 255
    return bgr, alpha, rng.random((PLANE.height, PLANE.width)).astype(np.float32)


def guided(bgr: Bytes, alpha: Bytes, soft: NDArray[np.float32]) -> Bytes:
    out = np.empty_like(alpha)
    GuidedUpsampler(SIZE, PLANE, radius=2, epsilon=0.0008, low=0.08, high=0.92)(bgr, soft, out)
    return out


def blurred(bgr: Bytes, alpha: Bytes, soft: NDArray[np.float32]) -> Bytes:
    out = np.empty_like(bgr)
    BackgroundBlur(SIZE, 24.0, dim=0.2)(bgr, alpha, out)
    return out


def i420(bgr: Bytes, alpha: Bytes, soft: NDArray[np.float32]) -> Bytes:
    out = np.empty(yuv420_bytes(SIZE), np.uint8)
    bgr_to_i420(bgr, out)
    return out


def nv12(bgr: Bytes, alpha: Bytes, soft: NDArray[np.float32]) -> Bytes:
    out = np.empty(yuv420_bytes(SIZE), np.uint8)
    bgr_to_nv12(bgr, out)
    return out


WORK = [guided, blurred, i420, nv12]
Work = Callable[[Bytes, Bytes, NDArray[np.float32]], Bytes]


@pytest.mark.parametrize("work", WORK)
def test_the_number_of_threads_changes_no_byte(work: Work) -> None:
    use_bands(1)
    alone = work(*given())
    use_bands(2)
    assert np.array_equal(work(*given()), alone)


def test_two_threads_may_use_them_at_once() -> None:
    use_bands(2)
    expected = {work.__name__: work(*given()) for work in WORK}
    wrong: list[str] = []

    def often(work: Work) -> None:
        for _ in range(20):
            if not np.array_equal(work(*given()), expected[work.__name__]):
                wrong.append(work.__name__)

    threads = [threading.Thread(target=often, args=(work,)) for work in WORK]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_pool_that_two_must_not_use_is_used_by_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bands._POOL, "is_safe", False)
    monkeypatch.setattr(bands._numba, "threading_layer", lambda: "workqueue")
    inside, most = 0, 0

    def kernel(threads: int) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        threading.Event().wait(0.01)
        inside -= 1

    callers = [threading.Thread(target=in_bands, args=(kernel,)) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert most == 1


def test_as_many_as_there_are_cores_and_never_more_than_kernels_have_rows_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bands._numba.config, "NUMBA_NUM_THREADS", 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(3)), raising=False)
    assert [choose_threads(count) for count in (0, 1, 2, 99)] == [3, 1, 2, MOST]
    monkeypatch.setattr(bands._numba.config, "NUMBA_NUM_THREADS", 2)
    assert choose_threads(0) == 2
    with pytest.raises(ValueError, match=r"^threads must not be negative, not -1$"):
        choose_threads(-1)


def test_what_the_user_says_about_waiting_stands() -> None:
    code = "import livecut.kernels.cpu.bands, os; print(os.environ['GOMP_SPINCOUNT'])"
    for given_count, expected in ((None, "4000"), ("7", "7")):
        env = {key: value for key, value in os.environ.items() if key != "GOMP_SPINCOUNT"}
        if given_count is not None:
            env["GOMP_SPINCOUNT"] = given_count
        answer = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        assert answer.stdout.strip() == expected
