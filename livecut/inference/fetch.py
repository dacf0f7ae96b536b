"""Fetch networks that are not shipped: resumed after a cut, checked before they take their name."""

from __future__ import annotations

import contextlib
import errno
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import httpx

from livecut.errors import ModelError
from livecut.inference.alone import alone_at
from livecut.inference.spec import LOOPBACK, ModelSpec
from livecut.inference.store import differs, path_of

__all__ = ["Progress", "fetch"]

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes there are and the bytes there will be (None: unknown)."""

ATTEMPTS: Final = 5
"""Failures in a row, with not one byte gained between them, after which it is given up."""
MAX_BYTES: Final = 512 * 1024**2
"""Bound of a file whose row does not give its size."""
_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)


class _TryAgain(Exception):
    """The attempt failed in a way that may pass."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


def fetch(
    spec: ModelSpec,
    progress: Progress | None = None,
    *,
    force: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetch the file of `spec` unless it is there and whole, and return its path.

    Writes to NAME.onnx.part, which a later call goes on with, and renames it once its digest is right; of several
    processes one writes, and the others wait for it. Raises `ModelError`: not there, unreachable, another size or
    digest, full disk.
    """
    path = path_of(spec)
    if spec.shipped or (not force and not differs(spec, path)):
        return path
    part = path.with_name(f"{path.name}.part")
    download = _Download(spec, part, progress or _silent, sleep)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with alone_at(path):
            if force or differs(spec, path):  # another process may have fetched it meanwhile
                _fetch(spec, path, part, download)
    except OSError as error:
        raise _disk_error(spec, part, error) from error
    return path


def _fetch(spec: ModelSpec, path: Path, part: Path, download: _Download) -> None:
    resumed = _size(part) > 0
    download.run()
    problem = differs(spec, part)
    if problem and resumed:
        # What an earlier run left may be of another file: once more, from nothing.
        part.unlink()
        download.run()
        problem = differs(spec, part)
    if problem:
        part.unlink()
        raise ModelError(
            f"{spec.name}: what {_host(spec)} sent differs from its digest in the manifest",
            hint="it was thrown away; try another network connection, or report it",
        )
    part.replace(path)


def _silent(done: int, total: int | None) -> None:
    """Show no progress."""


class _Download:
    """One file on its way into its part file, over as many connections as it takes."""

    def __init__(self, spec: ModelSpec, part: Path, progress: Progress, sleep: Callable[[float], None]) -> None:
        self.spec = spec
        self.part = part
        self.progress = progress
        self.sleep = sleep
        self.limit = MAX_BYTES if spec.bytes is None else spec.bytes
        self.etag = ""

    def run(self) -> None:
        """Download until the part file is as long as the file is said to be."""
        failures, most = 0, _size(self.part)
        with self._client() as client:
            while True:
                try:
                    return self._attempt(client)
                except (_TryAgain, httpx.TransportError) as error:
                    there = _size(self.part)
                    failures, most = (1 if there > most else failures + 1), max(there, most)
                    if failures >= ATTEMPTS:
                        raise self._failed(
                            _first_line(error), "check the connection, then run it again: it goes on where it stopped"
                        ) from error
                    after_s = error.after_s if isinstance(error, _TryAgain) else None
                    self.sleep(min(_PAUSE_S * 2 ** (failures - 1) if after_s is None else after_s, _LONGEST_PAUSE_S))
                except (httpx.HTTPError, httpx.InvalidURL) as error:
                    raise self._failed(_first_line(error), "check the connection and the proxy settings") from error

    def _client(self) -> httpx.Client:
        try:
            # Compressed, a range would be one of the compressed bytes.
            headers = {"Accept-Encoding": "identity"}
            return httpx.Client(follow_redirects=True, timeout=_TIMEOUT, headers=headers)
        except ImportError as error:
            raise self._failed(
                "a SOCKS proxy is set, for which socksio is not installed", "pip install socksio"
            ) from error
        except OSError as error:
            why = f"the certificates of SSL_CERT_FILE or SSL_CERT_DIR cannot be read: {error.strerror or 'none in it'}"
            raise self._failed(why, "unset it, or name a file of certificates") from error
        except (ValueError, httpx.InvalidURL) as error:
            # It is not quoted: it may hold a password.
            raise self._failed("the address of a proxy is not one", "see ALL_PROXY and HTTPS_PROXY") from error

    def _attempt(self, client: httpx.Client) -> None:
        offset = _size(self.part)
        if offset == self.spec.bytes:
            return
        if offset > self.limit:
            self.part.unlink()
            offset = 0
        headers = {}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if self.etag:
                headers["If-Range"] = self.etag
        with client.stream("GET", self.spec.url, headers=headers) as response:
            total = self._total(response, offset)
            etag = response.headers.get("ETag", "")
            self.etag = "" if etag.startswith("W/") else etag
            done = offset if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
            with self.part.open("ab" if done else "wb") as file:
                for chunk in response.iter_raw():
                    done += len(chunk)
                    if done > self.limit:
                        break
                    file.write(chunk)
                    self.progress(done, total)
        if done > self.limit:
            self.part.unlink()
            raise self._failed(f"more than {self.limit} bytes were sent", _NOT_THIS_FILE)
        if total is not None and done < total:
            raise _TryAgain(f"the connection was cut at {done} of {total} bytes")

    def _total(self, response: httpx.Response, offset: int) -> int | None:
        """Bytes of the whole file; raises unless the answer is one to go on with."""
        status = response.status_code
        if response.url.scheme != "https" and response.url.host not in LOOPBACK:
            raise self._failed("it sends on to an address without TLS", _NOT_THIS_FILE)
        if status in _BUSY:
            raise _TryAgain(f"it answered {status} {response.reason_phrase}", _retry_after_s(response))
        if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and offset:
            self.part.unlink()
            raise _TryAgain("it refused to go on where it stopped")
        if status not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
            raise self._failed(f"it answered {status} {response.reason_phrase}".strip(), _NOT_THIS_FILE)
        stated: int | None = None
        if status == httpx.codes.PARTIAL_CONTENT:
            match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip())
            if match is None or int(match[1]) != offset:
                self.part.unlink(missing_ok=True)
                raise _TryAgain("it went on at another place than asked for")
            stated = None if match[2] == "*" else int(match[2])
        elif response.headers.get("Content-Length", "").isdigit():
            stated = int(response.headers["Content-Length"])
        if stated is not None and (stated > self.limit or self.spec.bytes not in (None, stated)):
            self.part.unlink(missing_ok=True)
            raise self._failed(
                f"it offers {stated} bytes, not {self.spec.bytes or f'at most {MAX_BYTES}'}", _NOT_THIS_FILE
            )
        return self.spec.bytes if stated is None else stated

    def _failed(self, why: str, hint: str) -> ModelError:
        return ModelError(f"{self.spec.name} cannot be fetched from {_host(self.spec)}: {why}", hint=hint)


_NOT_THIS_FILE: Final = "the file may have moved; livecut models info shows its address"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _host(spec: ModelSpec) -> str:
    return httpx.URL(spec.url).host


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _retry_after_s(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "").strip()
    return float(text) if text.isdigit() else None


def _disk_error(spec: ModelSpec, part: Path, error: OSError) -> ModelError:
    """What the disk said, in one line; a part file on a full disk is removed."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        return ModelError(
            f"{spec.name} cannot be stored: no space is left in {part.parent}",
            hint="free some, or name another folder in LIVECUT_MODELS_DIR; then run it again",
        )
    return ModelError(
        f"{spec.name} cannot be stored in {part.parent}: {error.strerror or error}",
        hint="name a folder you may write to in LIVECUT_MODELS_DIR",
    )
