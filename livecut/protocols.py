"""The contracts between the parts, from sources to sinks. Structural: nothing needs to inherit."""

from __future__ import annotations

from enum import Enum
from typing import Protocol, runtime_checkable

from livecut.types import Canvas, Estimate, Frame, Matte, Picture, Pixels, Plane, Scene, Size, SoftMatte, View

__all__ = [
    "Continuing",
    "Effect",
    "Estimator",
    "Framing",
    "Layer",
    "Need",
    "Refiner",
    "Sink",
    "Source",
    "Timed",
    "Tone",
    "Watchable",
]


class Need(Enum):
    """What an effect must know about a frame; only estimators that give it are loaded."""

    MATTE = "matte"
    DEPTH = "depth"
    HELD = "held"
    """The person and what she holds: for `matte.keep`, where a network tells it; no effect asks for it."""


@runtime_checkable
class Source(Protocol):
    """Where frames come from. Opened by its constructor, used and closed by one thread only."""

    @property
    def name(self) -> str:
        """For people, e.g. `camera 0 (Integrated Webcam)`; never a URL with a password in it."""
        ...

    @property
    def size(self) -> Size:
        """Size of the frames, as the device really gives them."""
        ...

    @property
    def fps(self) -> float:
        """Nominal frames per second, as the device really gives them."""
        ...

    @property
    def live(self) -> bool:
        """True when frames come at their own pace and old ones are worthless (camera, network stream)."""
        ...

    def read(self) -> Frame | None:
        """Block for the next frame and return it in fresh memory that the source never touches again.

        None means the end (file). Raises `DeviceLost` when the device went away, also when it keeps answering
        the same picture (a stale-frame watchdog).
        """
        ...

    def close(self) -> None:
        """Release the device. Idempotent; never raises."""
        ...


@runtime_checkable
class Timed(Protocol):
    """A source that knows when its frames are due."""

    @property
    def position_s(self) -> float:
        """Time of the frame read last, counted from the first; goes on counting when a file starts again."""
        ...


@runtime_checkable
class Sink(Protocol):
    """Where pictures go. Opened by its constructor, used and closed by one thread only.

    A sink that counts pictures as time (a recording) has the attribute `keeps_time = True`: it gets a picture once more
    for each moment a stall swallowed, and no card before the first plan is there.
    """

    @property
    def name(self) -> str:
        """For people, e.g. `/dev/video10 (livecut)`."""
        ...

    def write(self, picture: Picture) -> None:
        """Deliver one picture; its memory is valid only during the call. Raises `DeviceLost` when the sink died."""
        ...

    def close(self) -> None:
        """Finish what was written so far (a recording stays playable). Idempotent; never raises."""
        ...


@runtime_checkable
class Watchable(Protocol):
    """A sink or tap that can tell whether somebody looks at what it is given (`output.on_demand`)."""

    def is_watched(self) -> bool | None:
        """Whether somebody does now; None where that cannot be told. Asked a few times a second, by its own thread."""
        ...


@runtime_checkable
class Estimator(Protocol):
    """Looks at a frame and answers what it gives: a matte, a depth map or both in one pass."""

    @property
    def gives(self) -> frozenset[Need]:
        """What `estimate` fills in."""
        ...

    @property
    def plane_size(self) -> Size | None:
        """Size of the planes it answers with, any other is refused by the plan; None: the frame's own size."""
        ...

    def estimate(self, frame: Frame) -> Estimate:
        """Answer for one frame, in planes valid until the next call. May raise anything: the plan fails closed."""
        ...

    def reset(self) -> None:
        """Forget earlier frames (scene cut, source change)."""
        ...

    def close(self) -> None:
        """Release the network. Idempotent."""
        ...


@runtime_checkable
class Refiner(Protocol):
    """Turns a network's soft matte into one at the frame's own size that follows the picture's edges."""

    def refine(self, frame: Frame, matte: SoftMatte) -> Matte:
        """Answer in memory that stays valid until the next call."""
        ...

    def reset(self) -> None:
        """Forget earlier frames."""
        ...


@runtime_checkable
class Effect(Protocol):
    """Paints a scene on a canvas of the frame's size.

    One that shows something else where it cannot show what was asked for has an attribute `instead`: what, and why, for
    the status line; empty as long as all is well. One that paints something of its own wherever nobody is has an
    attribute `fills_bars`, True: beside a frame that is shown whole (`output.fit = "contain"`) it is black otherwise.
    """

    @property
    def needs(self) -> frozenset[Need]:
        """What must be in the scene."""
        ...

    @property
    def has_alpha(self) -> bool:
        """True when it fills `Canvas.alpha` too."""
        ...

    def render(self, scene: Scene, out: Canvas) -> None:
        """Paint every pixel of `out`. Raises rather than leave raw pixels where the room must not be seen."""
        ...

    def close(self) -> None:
        """Release what it holds (a background video). Idempotent."""
        ...


@runtime_checkable
class Continuing(Protocol):
    """An effect that remembers earlier frames."""

    def go_on_from(self, earlier: Effect) -> None:
        """Take over where the effect of the plan before was, of whatever kind, so that a change makes no jump."""
        ...

    def reset(self) -> None:
        """Forget earlier frames."""
        ...


@runtime_checkable
class Layer(Protocol):
    """Lies on the finished picture, over it or behind the person.

    It is given the person's outline and never the frame: what it has not seen it cannot show.
    """

    @property
    def needs(self) -> frozenset[Need]:
        """`Need.MATTE` when it stands behind the person, else nothing."""
        ...

    def render(self, out: Canvas, matte: Matte | None) -> None:
        """Change what it covers of `out`, colours and (where the canvas has it) straight alpha; leave the rest."""
        ...

    def close(self) -> None:
        """Release what it holds. Idempotent."""
        ...


@runtime_checkable
class Framing(Protocol):
    """Chooses the part of each frame that is shown."""

    @property
    def needs(self) -> frozenset[Need]:
        """`Need.MATTE` when it wants to see people, else nothing."""
        ...

    @property
    def now(self) -> View:
        """What is shown now: the last view, or what the first will begin at."""
        ...

    def view(self, captured_ns: int) -> View:
        """What to show of a frame taken at this time, as it is seen: after mirroring."""
        ...

    def saw(self, matte: Matte) -> None:
        """The outline found in what was shown of the frame taken at the matte's time."""
        ...

    def laid(self, plane: Plane, made_ns: int, shown_ns: int, beyond: float | None = None) -> Plane:
        """A plane of what was shown of the frame taken at `made_ns`, laid on what is shown of another.

        `beyond`: its value where nothing was seen then; by default it goes on as it ended there.
        """
        ...

    def go_on_from(self, earlier: Framing) -> None:
        """Take over where the plan before was, so that a change of settings makes no jump."""
        ...

    def reset(self) -> None:
        """Forget earlier frames."""
        ...


@runtime_checkable
class Tone(Protocol):
    """Changes a picture's light before anything else is done with it."""

    def __call__(self, bgr: Pixels, captured_ns: int, out: Pixels) -> None:
        """Fill `out` with `bgr` in another light; `out` may be `bgr`."""
        ...

    def go_on_from(self, earlier: Tone) -> None:
        """Take over where the plan before was, so that a change of settings makes no jump."""
        ...

    def reset(self) -> None:
        """Forget earlier frames."""
        ...
