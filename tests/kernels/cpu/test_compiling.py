"""Compiling is noticed, once; a kernel that is there already is none."""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.core import event as numba_event

from livecut.kernels.cpu.compiling import when_compiling


def test_the_first_kernel_that_is_compiled_is_told_and_no_other() -> None:
    calls: list[str] = []
    one, other = njit(lambda x: x + 1), njit(lambda x: x + 2)
    with when_compiling(lambda: calls.append("compiled")):
        assert calls == []
        assert one(1) == 2
        assert other(1) == 3
        assert calls == ["compiled"]


def test_neither_what_is_there_nor_what_comes_later_is_told() -> None:
    calls: list[str] = []
    one, later = njit(lambda x: x + 1), njit(lambda x: x + 2)
    one(1)
    with when_compiling(lambda: calls.append("compiled")):
        one(2)
    later(1)
    assert calls == []


def test_what_is_compiled_for_another_device_is_not_told() -> None:
    calls: list[str] = []
    events: Any = numba_event
    with when_compiling(lambda: calls.append("compiled")):
        events.start_event("numba:compile", data={"dispatcher": object()})
        events.end_event("numba:compile", data={"dispatcher": object()})
        assert calls == []
        assert njit(lambda x: x + 1)(1) == 2
    assert calls == ["compiled"]
