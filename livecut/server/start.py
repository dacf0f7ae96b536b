"""How the start of workers went, told to their supervisor through files: a process that ends can say no more."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from types import TracebackType

from livecut.errors import LivecutError

__all__ = ["Start"]

_FAILED_CODE = 3
"""What uvicorn's supervisor takes for a worker that need not be started again."""


class Start:
    """In a worker a context round what may fail: leaves the error, or that it went well, in a folder of our own.

    Picklable; an error of livecut's ends the worker without a traceback.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._failed = folder, folder / "failed"

    def __enter__(self) -> Start:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            (self._folder / f"ready.{os.getpid()}").touch()
        elif isinstance(error, LivecutError):
            # Several workers may fail at once; what stands there is whole at any moment.
            part = self._failed.with_name(f"failed.{os.getpid()}")
            part.write_bytes(pickle.dumps(error))
            part.replace(self._failed)
            sys.exit(_FAILED_CODE)

    @property
    def count(self) -> int:
        """Workers that have started so far."""
        return sum(1 for _ in self._folder.glob("ready.*"))

    @property
    def has_failed(self) -> bool:
        """True when a worker could not start."""
        return self._failed.exists()

    def check(self) -> None:
        """Raise the error of a worker that could not start."""
        if self.has_failed:
            error: LivecutError = pickle.loads(self._failed.read_bytes())
            raise error
