from __future__ import annotations

import asyncio
import threading

import pytest

from livecut.server.http.line import Line
from livecut.server.http.turned_away import TurnedAway, Why


def test_so_many_at_once_so_many_waiting_and_the_rest_turned_away() -> None:
    line, go = Line(2, 1), threading.Event()
    running = threading.Semaphore(0)

    def work() -> str:
        running.release()
        go.wait(30)
        return threading.current_thread().name

    async def main() -> list[str]:
        tasks = [asyncio.create_task(line.run(work)) for _ in range(3)]
        await asyncio.sleep(0)
        assert line.inside == 3
        with pytest.raises(TurnedAway) as caught:
            await line.run(work)
        assert caught.value.why is Why.FULL
        assert caught.value.retry_after_s == 1.0
        go.set()
        return list(await asyncio.gather(*tasks))

    names = asyncio.run(main())
    assert all(name.startswith("livecut-still") for name in names)
    assert line.inside == 0
    line.close()


def test_an_error_comes_back_and_makes_room() -> None:
    line = Line(1, 0)

    def fail() -> None:
        raise RuntimeError("no")

    async def main() -> int:
        with pytest.raises(RuntimeError, match="no"):
            await line.run(fail)
        return await line.run(lambda: 5)

    assert asyncio.run(main()) == 5
    line.close()


def test_a_client_that_goes_leaves_its_place_when_the_work_ends() -> None:
    line, go = Line(1, 0), threading.Event()

    async def main() -> None:
        task = asyncio.create_task(line.run(lambda: go.wait(30)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert line.inside == 1
        go.set()
        while line.inside:
            await asyncio.sleep(0.001)

    asyncio.run(main())
    line.close()


def test_when_to_come_back_follows_how_long_pictures_take() -> None:
    now = [0.0]
    line = Line(1, 9, clock=lambda: now[0])

    def ten_seconds() -> None:
        now[0] += 10.0

    async def main() -> None:
        for _ in range(30):
            await line.run(ten_seconds)

    asyncio.run(main())
    assert line.retry_after_s() == 50.0
    line.close()
