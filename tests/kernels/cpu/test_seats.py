"""The seat in a virtual machine: who is kept on the core, who is kept off it, and that it can be had once."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from livecut.kernels.cpu.bands import choose_threads
from livecut.kernels.cpu.seats import Seat, is_guest

CORES = [1, 2, 5]
ME, OTHER, LIBRARY, CHILD, DECODER = 10, 11, 12, 13, 14


class System:
    """Threads on three cores: the caller, another of Python's, two libraries', and one that the caller began."""

    def __init__(self, cores: list[int]) -> None:
        self.cores = cores
        self.masks = {thread: set(cores) for thread in (ME, OTHER, LIBRARY, CHILD, DECODER)}
        self.ended = set[int]()

    def move(self, thread: int, cores: object) -> None:
        if thread in self.ended:
            raise ProcessLookupError(thread)
        self.masks[thread or ME] = set(cores)  # type: ignore[call-overload]

    def seat(self, monkeypatch: pytest.MonkeyPatch) -> Seat:
        monkeypatch.setattr(threading, "get_native_id", lambda: ME)
        return Seat(
            usable=lambda: self.cores,
            all_threads=lambda: list(self.masks),
            python_threads=lambda: [ME, OTHER, CHILD],
            move=self.move,
            cores_of=lambda thread: self.masks[thread],
        )


@pytest.fixture
def system() -> Iterator[System]:
    assert Seat._taken_by is None
    yield System(CORES)
    assert Seat._taken_by is None


def test_who_takes_it_stays_and_libraries_leave(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    seat = system.seat(monkeypatch)
    seat.take()
    assert system.masks[ME] == {1}
    system.masks[LIBRARY] = system.masks[CHILD] = {1}  # begun by the thread that has the seat
    seat.clear()
    assert system.masks == {ME: {1}, OTHER: {1, 2, 5}, LIBRARY: {2, 5}, CHILD: {1, 2, 5}, DECODER: {1, 2, 5}}
    seat.give_back()
    assert system.masks[ME] == {1, 2, 5}
    seat.give_back()


def test_who_began_with_a_network_leaves_though_another_thread_loaded_it(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [ME, DECODER]
    with Seat.beginning(lambda: there):
        there.append(LIBRARY)
    seat = system.seat(monkeypatch)
    seat.take()
    seat.clear()
    assert system.masks[LIBRARY] == {2, 5}
    assert system.masks[DECODER] == {1, 2, 5}
    seat.give_back()
    there.remove(LIBRARY)
    with Seat.beginning(lambda: there):
        pass
    assert LIBRARY not in Seat._pools, "a number that another thread may get later"


def test_there_is_one(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = system.seat(monkeypatch), system.seat(monkeypatch)
    first.take()
    system.masks[ME] = {1, 2, 5}
    second.take()
    second.clear()
    second.give_back()
    assert set(map(frozenset, system.masks.values())) == {frozenset(CORES)}
    first.give_back()
    second.take()
    assert system.masks[ME] == {1}
    second.give_back()


def test_work_beside_it_stays_off_it(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    Seat.leave()
    assert system.masks[ME] == set(CORES)
    seat = system.seat(monkeypatch)
    seat.take()
    Seat.leave()
    assert system.masks[ME] == {2, 5}
    seat.give_back()


def test_threads_are_counted_by_what_the_process_may_use(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1}, raising=False)
    assert Seat.cores() == 1
    seat = system.seat(monkeypatch)
    seat.take()
    assert Seat.cores() == 3
    assert choose_threads(0) == choose_threads(3)
    seat.give_back()


@pytest.mark.parametrize("cores", [[], [3]])
def test_without_a_second_core_or_a_guest_nothing_moves(cores: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(cores)
    seat = system.seat(monkeypatch)
    seat.take()
    seat.clear()
    assert Seat._taken_by is None
    assert set(map(frozenset, system.masks.values())) == {frozenset(cores)}
    seat.give_back()


def test_a_thread_that_has_ended_is_no_trouble(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    seat = system.seat(monkeypatch)
    seat.take()
    system.masks[LIBRARY] = {1}
    system.ended = {LIBRARY}
    seat.clear()
    seat.give_back()
    assert system.masks[LIBRARY] == {1}


def test_a_guest_is_known_by_its_flag(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    assert not is_guest(cpuinfo)
    cpuinfo.write_text("flags\t\t: fpu sse2 hypervisor lahf_lm\n")
    assert is_guest(cpuinfo)
    cpuinfo.write_text("flags\t\t: fpu sse2 lahf_lm\nmodel name\t: hypervisors\n")
    assert not is_guest(cpuinfo)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not place threads")
def test_the_real_calls_place_and_free_this_process() -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        pytest.skip("one core")
    seat, met = Seat(usable=lambda: cores), list[set[int]]()

    def aside() -> None:
        Seat.leave()
        met.append(os.sched_getaffinity(0))

    def work() -> None:
        seat.take()
        met.append(os.sched_getaffinity(0))
        beside = threading.Thread(target=aside)
        beside.start()
        beside.join()
        seat.clear()
        seat.give_back()
        met.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert met == [{cores[0]}, set(cores[1:]), set(cores)]
    assert os.sched_getaffinity(0) == set(cores), "a Python thread that has nothing to do with it was moved"
    assert sys.platform == "linux"
