"""What the user is told of an exception that livecut did not raise itself."""

from __future__ import annotations

import errno
from typing import Final

from livecut.errors import DeviceUnavailable, LivecutError

__all__ = ["as_failure"]

# A full disk, a quota, a limit on sizes: whatever was being written, by whichever library.
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_ROOM: Final = "make room where results go, and where compiled code is kept (NUMBA_CACHE_DIR names another place)"


def as_failure(error: Exception) -> LivecutError:
    """The error as one of livecut's: a library that does not load, no room to write, or else a bug."""
    if isinstance(error, LivecutError):
        return error
    from livecut.app.findings import unloadable

    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        text = f"{error.filename or 'a file'} cannot be written: {error.strerror}"
        failure: LivecutError = DeviceUnavailable(text, hint=_ROOM)
    else:
        failure = unloadable(error) or LivecutError(
            f"{type(error).__name__}: {error}", hint="this is a bug in livecut; -v prints where"
        )
    failure.__cause__ = error
    return failure
