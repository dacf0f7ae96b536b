"""Many pictures, some side by side: progress, going on after an interruption, bad ones told at the end."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from typing import Final

from livecut.app.still_files import Pair
from livecut.app.stills import StillWork
from livecut.cli.failures import as_failure
from livecut.cli.streams import tell
from livecut.errors import LivecutError

__all__ = ["SeenThrough", "run_batch"]

log = logging.getLogger(__name__)

_GRACE_S: Final = 0.5
"""How long pictures that are nearly done may take after an interruption."""


class SeenThrough:
    """Which pictures are finished although the run is interrupted: what a service is paid for, what is written.

    Every method but `end` speaks of the picture that the calling thread works on.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()  # of a lock that its holder may take again
        self._threads: set[int] = set()
        self._paid: set[int] = set()
        self._ended = False

    def ask(self) -> None:
        """KeyboardInterrupt where the run was interrupted and the picture is not seen through."""
        with self._condition:
            if self._ended and threading.get_ident() not in self._threads:
                raise KeyboardInterrupt

    def begin(self) -> None:
        """See the picture through; KeyboardInterrupt where the run was interrupted before."""
        with self._condition:
            self.ask()
            self._threads.add(threading.get_ident())

    def leave(self) -> None:
        """As `begin`, for a picture that is sent to a service now, which is paid for it."""
        with self._condition:
            self.begin()
            self._paid.add(threading.get_ident())

    def sleep(self, seconds: float) -> None:
        """Wait before the picture is sent (again): it is not seen through meanwhile, and an interruption ends it."""
        with self._condition:
            self.done()
            self._condition.wait_for(lambda: self._ended, seconds)
            self.ask()

    def done(self) -> None:
        """The picture needs nothing more."""
        with self._condition:
            self._threads.discard(threading.get_ident())
            self._paid.discard(threading.get_ident())
            self._condition.notify_all()

    def end(self) -> None:
        """Let no more begin, and return when those that have are done; interrupted in that, give them up."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()
            if self._paid:
                many = len(self._paid) > 1
                what = f"{len(self._paid)} paid picture{'s' if many else ''}"
                tell(f"waiting for {what}; Ctrl-C again gives {'them' if many else 'it'} up")
            try:
                self._condition.wait_for(lambda: not self._threads)
            finally:
                self._threads.clear()


def run_batch(
    pairs: Sequence[Pair],
    *,
    open_work: Callable[[], StillWork],
    do: Callable[[StillWork, Pair], None],
    jobs: int,
    force: bool,
    missing: Sequence[LivecutError] = (),
    recorded: Callable[[Pair], bool] = lambda pair: True,
    through: SeenThrough | None = None,
) -> LivecutError | None:
    """Do every pair; what to end with when a picture was bad or `missing`.

    Those already done and `recorded` are skipped unless `force`; a bad picture is reported and the rest done first.
    After an interruption no picture is begun any more, and those at work are given up, but for those that `do` has
    begun `through` for. Their threads are left behind.
    """
    through = SeenThrough() if through is None else through
    todo = [pair for pair in pairs if force or not (pair.is_done and recorded(pair))]
    if len(todo) < len(pairs):
        tell(f"{len(pairs) - len(todo)} already done (--force does them again)")
    if len(pairs) + len(missing) > 1:
        for error in missing:
            tell(str(error))
    if not todo:
        return missing[0] if missing else None
    works: queue.SimpleQueue[StillWork] = queue.SimpleQueue()

    def one(pair: Pair) -> None:
        try:
            work = works.get_nowait()
        except queue.Empty:
            work = open_work()
        try:
            do(work, pair)
        finally:
            works.put(work)
            through.done()

    errors: dict[int, LivecutError] = {}
    pool = ThreadPoolExecutor(min(jobs, len(todo)))
    futures: dict[Future[None], int] = {}
    try:
        with _progress(len(todo)) as advance:
            futures.update((pool.submit(one, pair), number) for number, pair in enumerate(todo))
            for future in as_completed(futures):
                number = futures.pop(future)
                try:
                    future.result()
                except Exception as error:  # whatever is wrong with one picture, the others are done
                    failure = errors[number] = as_failure(error)
                    if len(todo) > 1:
                        log.info("%s", todo[number].source, exc_info=error)
                        tell(f"{todo[number].source}: {failure}")
                advance()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        through.end()
        wait(futures, _GRACE_S)
        raise
    else:
        pool.shutdown()
    finally:
        while not works.empty():  # what is at work yet cannot be closed
            works.get().close()
    written = [pair.target for number, pair in enumerate(todo) if number not in errors]
    if written:
        tell(f"wrote {written[0]}" if len(written) == 1 else f"wrote {len(written)} pictures")
    failed = [*missing, *(errors[number] for number in sorted(errors))]
    count = len(todo) + len(missing)
    ended: LivecutError | None = failed[0] if failed else None
    if ended is not None and count > 1:
        ended = type(ended)(f"{len(failed)} of {count} pictures failed; the first: {ended}", hint=ended.hint)
    return ended


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    if total < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("pictures", total=total)
        yield lambda: progress.advance(task)
