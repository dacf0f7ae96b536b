"""Where plans are made: builds them, lends them networks, and steps along the ladder of quality."""

from __future__ import annotations

from functools import partial

from livecut.app.backdrops import wait_for_feeds
from livecut.app.build import build_plan
from livecut.app.first_run import Companion
from livecut.app.governing import Governing
from livecut.app.resident import new_pool
from livecut.inference.pool import NetworkPool
from livecut.pipeline.meter import Meter, Totals
from livecut.pipeline.plan import AnyPlan
from livecut.settings import Settings
from livecut.types import Size

__all__ = ["Workshop"]


class Workshop:
    """Everything a session needs OpenCV, numba and ONNX Runtime for, apart so that the privacy card waits for none.

    Not safe to use from two threads at once.
    """

    def __init__(self, size: Size, meter: Meter, *, source: Size, rate: float, governed: bool) -> None:
        """For pictures of `size` at `rate` a second, from frames of size `source`; `governed`: False for what runs
        frame by frame."""
        self._size, self._source, self._meter = size, source, meter
        self._networks = NetworkPool()
        self._residents = new_pool()
        self._has_built = False
        self._governing = Governing(self._build, rate=rate, enabled=governed)

    @property
    def quality(self) -> str:
        """What was given to keep the rate; empty at full quality. From any thread."""
        return self._governing.status

    def plan(self, settings: Settings) -> AnyPlan:
        """A warm plan for the user's settings on the present rung. Raises `LivecutError`; then nothing has changed."""
        return self._governing.plan(settings)

    def watch(self, totals: Totals) -> AnyPlan | None:
        """The plan of another rung, when what the meter counted says that it is time for one."""
        return self._governing.watch(totals)

    def close(self) -> None:
        """Release the networks that no plan holds, and see cameras behind the person closed. Idempotent."""
        self._networks.close()
        self._residents.close()
        wait_for_feeds()

    def _build(self, settings: Settings) -> AnyPlan:
        make = partial(
            build_plan, settings, self._size, self._meter, source=self._source,
            open_network=self._networks.take, residents=self._residents,
        )  # fmt: skip
        if self._has_built:
            return make()
        with Companion(settings, self._size) as companion:
            plan = make(before_effect=companion.wait)
        self._has_built = True
        return plan
