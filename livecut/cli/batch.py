"""Many pictures, some side by side: progress, going on after an interruption, bad ones told at the end."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any

from livecut.app.still_files import Pair
from livecut.app.stills import StillWork
from livecut.cli.failures import as_failure
from livecut.cli.streams import tell
from livecut.errors import LivecutError

__all__ = ["run_batch"]

log = logging.getLogger(__name__)


def run_batch(
    pairs: Sequence[Pair],
    *,
    open_work: Callable[[], StillWork],
    do: Callable[[StillWork, Pair], Any],
    jobs: int,
    force: bool,
    missing: Sequence[LivecutError] = (),
    recorded: Callable[[Pair], bool] = lambda pair: True,
) -> tuple[list[Any], LivecutError | None]:
    """Do every pair; the results in order, and what to end with when a picture was bad or `missing`.

    Those already done and `recorded` are skipped unless `force`; a bad picture is reported and the rest done first.
    Results are kept until the end, so `do` answers nothing large. After an interruption no picture is begun any more.
    """
    todo = [pair for pair in pairs if force or not (pair.is_done and recorded(pair))]
    if len(todo) < len(pairs):
        tell(f"{len(pairs) - len(todo)} already done (--force does them again)")
    if len(pairs) + len(missing) > 1:
        for error in missing:
            tell(str(error))
    if not todo:
        return [], missing[0] if missing else None
    works: queue.SimpleQueue[StillWork] = queue.SimpleQueue()
    opened: list[StillWork] = []
    lock = threading.Lock()

    def one(pair: Pair) -> Any:
        try:
            work = works.get_nowait()
        except queue.Empty:
            work = open_work()
            with lock:
                opened.append(work)
        try:
            return do(work, pair)
        finally:
            works.put(work)

    results: dict[int, Any] = {}
    errors: dict[int, LivecutError] = {}
    pool = ThreadPoolExecutor(min(jobs, len(todo)))
    try:
        with _progress(len(todo)) as advance:
            futures = {pool.submit(one, pair): number for number, pair in enumerate(todo)}
            for future in as_completed(futures):
                number = futures.pop(future)
                try:
                    results[number] = future.result()
                except Exception as error:  # whatever is wrong with one picture, the others are done
                    failure = errors[number] = as_failure(error)
                    if len(todo) > 1:
                        log.info("%s", todo[number].source, exc_info=error)
                        tell(f"{todo[number].source}: {failure}")
                advance()
    finally:
        pool.shutdown(cancel_futures=True)
        for work in opened:
            work.close()
    failed = [*missing, *(errors[number] for number in sorted(errors))]
    count = len(todo) + len(missing)
    ended: LivecutError | None = failed[0] if failed else None
    if ended is not None and count > 1:
        ended = type(ended)(f"{len(failed)} of {count} pictures failed; the first: {ended}", hint=ended.hint)
    return [results[number] for number in sorted(results)], ended


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
