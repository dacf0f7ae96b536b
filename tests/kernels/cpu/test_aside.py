"""Work beside the caller: done, waited for, and its errors are the caller's."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from livecut.kernels.cpu.aside import Aside
from livecut.kernels.cpu.bands import use_bands


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    count: int = request.param
    use_bands(count)
    yield count
    use_bands(1)


def test_what_was_started_is_done_after_the_wait(threads: int) -> None:
    aside, done = Aside("aside"), list[int]()
    for number in range(3):
        aside.start(lambda number=number: done.append(number))  # type: ignore[misc]
        aside.wait()
        assert done == list(range(number + 1))
    aside.close()


def test_it_works_beside_its_owner_where_there_are_two_threads() -> None:
    use_bands(2)
    aside, go_on, names = Aside("aside"), threading.Event(), list[str]()

    def work() -> None:
        assert go_on.wait(10.0)
        names.append(threading.current_thread().name)

    aside.start(work)
    go_on.set()
    aside.wait()
    aside.close()
    use_bands(1)
    assert names == ["aside"]
    assert not any(thread.name == "aside" for thread in threading.enumerate())


def test_with_one_thread_it_is_done_at_once() -> None:
    use_bands(1)
    aside, names = Aside("aside"), list[str]()
    aside.start(lambda: names.append(threading.current_thread().name))
    assert names == [threading.current_thread().name]
    aside.wait()


def test_always_means_its_own_thread_however_few_kernels_may_take(threads: int) -> None:
    aside, names = Aside("aside", always=True), list[str]()
    for _ in range(2):
        aside.start(lambda: names.append(threading.current_thread().name))
        aside.wait()
    aside.close()
    assert names == ["aside", "aside"]


def test_an_error_is_raised_once_and_the_next_work_is_done(threads: int) -> None:
    aside, done = Aside("aside"), list[int]()

    def fail() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        aside.start(fail)
        aside.wait()
    aside.wait()
    aside.start(lambda: done.append(1))
    aside.wait()
    aside.close()
    assert done == [1]


def test_it_waits_for_nothing_and_may_be_closed_before_and_twice(threads: int) -> None:
    aside, done = Aside("aside"), list[int]()
    aside.wait()
    aside.close()
    aside.close()
    aside.start(lambda: done.append(1))
    aside.wait()
    assert done == [1]


def test_a_second_work_before_the_wait_is_refused() -> None:
    use_bands(2)
    aside = Aside("aside")
    aside.start(lambda: None)
    with pytest.raises(ValueError, match=r"^the work before has not been waited for$"):
        aside.start(lambda: None)
    aside.wait()
    aside.close()
    use_bands(1)
