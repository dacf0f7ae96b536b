"""Where plans are made: builds them, lends them networks, and steps along the ladder of quality."""

from __future__ import annotations

import logging
from collections.abc import Callable
from fractions import Fraction
from functools import partial

from livecut.app.backdrops import wait_for_feeds
from livecut.app.build import build_plan
from livecut.app.first_run import Companion
from livecut.app.governing import Governing
from livecut.app.resident import new_pool
from livecut.errors import LivecutError
from livecut.inference.pool import NetworkPool
from livecut.kernels.cpu.geometry import place_of_whole
from livecut.pipeline.meter import Meter, Totals
from livecut.pipeline.plan import AnyPlan
from livecut.settings import Settings
from livecut.types import Size

__all__ = ["Workshop"]

log = logging.getLogger(__name__)


class Workshop:
    """Everything a session needs OpenCV, numba and ONNX Runtime for, apart so that the privacy card waits for none.

    Not safe to use from two threads at once.
    """

    def __init__(
        self, size: Size, meter: Meter, *, source: Callable[[], Size], rate: float, governed: bool
    ) -> None:  # fmt: skip
        """For pictures of `size` at `rate` a second; `governed`: False for what runs frame by frame.

        `source`: the size of frames as they come by now.
        """
        self._size, self._source, self._meter = size, source, meter
        self._settings: Settings | None = None
        """The user's, of the last plan that was handed out."""
        self._built_for: object = None
        """What that plan made of the source's shape."""
        self._begun_for: object = None
        """The same of the last that was begun, which may have failed."""
        self._refused: object = None
        """The last shape for which the plan could not be built anew: it is not tried again."""
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
        plan = self._governing.plan(settings)
        self._settings, self._built_for = settings, self._begun_for
        return plan

    def watch(self, totals: Totals) -> AnyPlan | None:
        """Another plan, when frames have another shape than it was built for, or the meter's count asks for a rung."""
        settings = self._settings
        if settings is not None:
            shape = self._shape_for(settings, self._source())
            if shape not in (self._built_for, self._refused):
                return self._again(settings, shape)
        plan = self._governing.watch(totals)
        if plan is not None:
            self._built_for = self._begun_for
        return plan

    def _again(self, settings: Settings, shape: object) -> AnyPlan | None:
        """The present plan for frames of this shape, if it can be had."""
        try:
            plan = self.plan(settings)
        except Exception as error:  # the plan that runs is sound, whatever went wrong with the next one
            is_told = isinstance(error, LivecutError)
            log.warning("the plan stays that of frames of another shape: %s", error, exc_info=not is_told)
            self._refused = shape
            return None
        self._refused = None
        return plan

    def close(self) -> None:
        """Release the networks that no plan holds, and see cameras behind the person closed. Idempotent."""
        self._networks.close()
        self._residents.close()
        wait_for_feeds()

    def _build(self, settings: Settings) -> AnyPlan:
        source = self._source()
        self._begun_for = self._shape_for(settings, source)
        make = partial(
            build_plan, settings, self._size, self._meter, source=source,
            open_network=self._networks.take, residents=self._residents,
        )  # fmt: skip
        if self._has_built:
            return make()
        with Companion(settings, self._size) as companion:
            plan = make(before_effect=companion.wait)
        self._has_built = True
        return plan

    def _shape_for(self, settings: Settings, source: Size) -> object:
        """What a plan takes of the source's shape: where all of a frame lies, or how much auto-framing may turn to."""
        if settings.output.fit == "contain":
            return place_of_whole(source, self._size)
        follows = settings.output.fit == "cover" and settings.look.framing.follow
        return Fraction(*source) if follows else None
