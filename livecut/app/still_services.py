"""The remote services as the stills use them: opened on first use, with one budget of credits between them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from livecut.app.still_image import StillImage, encode_jpeg, load_still
from livecut.errors import ImageError, RemoteRefused
from livecut.kernels.still import stretched
from livecut.remote.api4ai import Api4aiClient
from livecut.remote.budget import CreditBudget
from livecut.remote.clipdrop import ClipdropClient
from livecut.remote.fetch import Fetcher
from livecut.settings import Settings
from livecut.types import Pixels, Plane8, Size

__all__ = ["Services"]

_MAX_BACKGROUND_BYTES = 32 << 20


class Services:
    """API4AI for cut-outs, Clipdrop for depth; safe to share between threads, which then share budget and pace.

    `before_leaving` is called before each attempt to send a picture; where it raises, none is sent. `sleep` waits
    between attempts, and for the pace. Raises `RemoteError`, `ImageError` or `SettingsError`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        before_leaving: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._before_leaving = before_leaving
        self._sleep = sleep
        self._remote = settings.remote
        self._allow = settings.server.url_allow
        limit = self._remote.credit_budget
        self._budget = None if limit is None else CreditBudget(limit)
        self._lock = threading.Lock()
        self._used = False
        self._fetched: dict[str, bytes] = {}
        self._api4ai: Api4aiClient | None = None
        self._clipdrop: ClipdropClient | None = None

    def first_use(self) -> bool:
        """True the first time it is asked, for whoever says aloud that pictures leave the machine."""
        with self._lock:
            first, self._used = not self._used, True
            return first

    def cut(self, picture: StillImage) -> tuple[Pixels, Plane8]:
        """Colours and alpha at the picture's own size."""
        remote = self._remote
        with self._lock:
            if self._api4ai is None:
                self._api4ai = Api4aiClient(
                    base=remote.api4ai_base,
                    key=remote.api4ai_key,
                    environ=os.environ,
                    timeout_s=remote.timeout_s,
                    budget=self._budget,
                    before_leaving=self._before_leaving,
                    sleep=self._sleep,
                )
        # Beyond the service's limits the client shrinks it, and the answer is as small: its outline is stretched again.
        cut = self._api4ai.cut(_file(picture), shrink=True)
        answer = _answered(cut.png)
        if answer.alpha is None:
            raise RemoteRefused("the service's picture has no transparency", hint="check the base address")
        if answer.bgr.shape == picture.bgr.shape:
            if picture.alpha is not None:
                return picture.bgr, answer.alpha
            # Only at the rim does the service know the person's colours better than the picture, which was compressed.
            return np.where(answer.alpha[..., None] == 255, picture.bgr, answer.bgr), answer.alpha
        return picture.bgr, stretched(answer.alpha, _size(picture))

    def depth(self, picture: StillImage) -> NDArray[np.float32]:
        """Nearness of people 0 … 1 at the picture's own size, 0 elsewhere."""
        remote = self._remote
        with self._lock:
            if self._clipdrop is None:
                self._clipdrop = ClipdropClient(
                    base=remote.clipdrop_base,
                    key=remote.clipdrop_key,
                    per_minute=remote.clipdrop_per_minute,
                    environ=os.environ,
                    timeout_s=remote.timeout_s,
                    budget=self._budget,
                    before_leaving=self._before_leaving,
                    sleep=self._sleep,
                )
        result = self._clipdrop.portrait_depth(_file(picture), shrink=True)
        answer = _answered(result.jpeg)
        grey = np.ascontiguousarray(answer.bgr[:, :, 0])
        if answer.bgr.shape != picture.bgr.shape:
            grey = stretched(grey, _size(picture))
        return grey.astype(np.float32) / np.float32(255)

    def fetch(self, address: str) -> bytes:
        """A background's bytes from an address: a public one, or one on `server.url_allow`."""
        with self._lock:
            if address not in self._fetched:
                fetcher = Fetcher(max_bytes=_MAX_BACKGROUND_BYTES, timeout_s=self._remote.timeout_s, allow=self._allow)
                self._fetched = {address: fetcher.content(address)}
            return self._fetched[address]

    def close(self) -> None:
        """Close the connections. Idempotent."""
        for client in (self._api4ai, self._clipdrop):
            if client is not None:
                client.close()


def _answered(data: bytes) -> StillImage:
    """The picture a service sent. Raises `RemoteRefused` where it is none: nothing is wrong with the user's own."""
    try:
        return load_still(data, name="the service's answer")
    except ImageError as error:
        raise RemoteRefused(error.message, hint="try again later, or check the base address") from error


def _file(picture: StillImage) -> bytes:
    """What is sent: as it is seen, without colours that are hidden under transparency."""
    return encode_jpeg(picture.as_seen())


def _size(picture: StillImage) -> Size:
    return Size(picture.bgr.shape[1], picture.bgr.shape[0])
