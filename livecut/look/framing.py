"""Which part of the picture is shown: a fixed crop, or one that follows head and shoulders."""

from __future__ import annotations

import math
from dataclasses import dataclass

from livecut.easing import Eased, Goal
from livecut.kernels.cpu.part import part_of
from livecut.kernels.cpu.silhouette import Bust, find_bust
from livecut.protocols import Framing, Need
from livecut.types import WHOLE, Matte, Plane, Size, View

__all__ = ["Beyond", "FixedFraming", "FollowFraming", "on_pixels", "portrait"]

_FILL = 0.45
"""Share of the view's width that shoulders take."""
_HEADROOM = 0.1
"""Share of the view's height above the head."""
_STEP_S = 0.05
"""No step is longer: after a stall the view goes on where it was instead of jumping."""
_REMEMBERED = 32
"""Views kept, for mattes of earlier frames."""
_CUT = 0.03
"""Nearer than this to the picture's upper edge a head may be cut off: a neck is too narrow to be sure."""
_LOST_S = 1.5
"""How long nobody may be seen before the whole picture is shown again."""
_BARRED_S = 20.0
"""How long it does not look beyond the picture again, where it lost a person by that."""
_LOW, _ASIDE = 0.35, 0.2
"""Shares of the view: with the head lower than that, or this far from the middle, people are badly framed."""
_GLANCE_S, _AGAIN_S, _FURTHER, _WIDER_S = 3.0, 20.0, 1.5, 120.0
"""Found for a glance and lost so soon again, it was by going close: it stays so much further away, for so long."""
_CLOSE = 0.9
"""A larger share of the picture is not close."""
_WORTH = 0.12
"""Less than this share of the picture beyond it is not worth looking at."""


Beyond = tuple[float, float]
"""How much further views may reach to the left and right, and up and down, in shares of the picture's width and height:
what is cut off of frames of another shape."""
_NOTHING: Beyond = (0.0, 0.0)


def _inside(start: float, share: float, beyond: float) -> float:
    return min(max(start, -beyond), 1.0 + beyond - share)


def on_pixels(view: View, size: Size, beyond: Beyond = _NOTHING) -> View:
    """The next larger view with its edges on pixels of a picture of `size`, if there is one: it is cheaper to show."""
    unit = math.gcd(*size)
    share = math.ceil(view.share * unit - 1e-6) / unit if unit >= 20 else view.share
    shift = (view.share - share) / 2
    x = _inside(round((view.x + shift) * size.width) / size.width, share, beyond[0])
    y = _inside(round((view.y + shift) * size.height) / size.height, share, beyond[1])
    return View(x, y, share)


def portrait(bust: Bust, seen: View, max_zoom: float, beyond: Beyond = _NOTHING) -> View:
    """The view that shows a bust well, from where it lies in the view it was `seen` in; inside what there is."""
    width = bust.width * seen.share
    share = min(1.0, max(width / _FILL, 1.0 / max_zoom))
    top = seen.y + bust.top * seen.share
    if bust.top == 0.0:
        # Cut off: how much is missing shows only when the view has moved up.
        top -= _HEADROOM * seen.share
    if bust.top < _CUT and seen.y > -beyond[1] + _HEADROOM * seen.share:
        # What is seen of them, an arm perhaps, says little of how large they are.
        share = max(share, seen.share)
    x = seen.x + bust.centre * seen.share - share / 2
    y = top - _HEADROOM * share
    return View(_inside(x, share, beyond[0]), _inside(y, share, beyond[1]), share)


class FixedFraming:
    """Always the same crop: 1 / `zoom` of width and height, as near to `centre_x`, `centre_y` as there is picture."""

    needs: frozenset[Need] = frozenset()

    def __init__(self, size: Size, zoom: float, centre_x: float, centre_y: float) -> None:
        if zoom < 1.0:
            raise ValueError(f"zoom must be at least 1, not {zoom}")
        share = 1.0 / zoom
        x = min(max(centre_x - share / 2, 0.0), 1.0 - share)
        y = min(max(centre_y - share / 2, 0.0), 1.0 - share)
        self._view = WHOLE if zoom == 1.0 else on_pixels(View(x, y, share), size)

    @property
    def now(self) -> View:
        """The crop."""
        return self._view

    def view(self, captured_ns: int) -> View:
        """The crop."""
        return self._view

    def saw(self, matte: Matte) -> None:
        """Who is in it does not matter."""

    def laid(self, plane: Plane, made_ns: int, shown_ns: int, beyond: float | None = None) -> Plane:
        """The same plane: the view does not move."""
        return plane

    def go_on_from(self, earlier: Framing) -> None:
        """A crop that was chosen is there at once."""

    def reset(self) -> None:
        """There is nothing to forget."""


@dataclass
class _Learnt:
    """What it went by so far, and where it lost people."""

    reaches: bool = False
    """Whether it looks beyond the picture by now: not until a head is cut off by the edge."""
    barred_s: float = 0.0
    """How long it will not do so again."""
    closest: float = 0.0
    """Share of the picture below which it lost people."""
    wider_s: float = 0.0
    """How long it stays above that."""
    lost_s_ago: float = math.inf
    seen_s: float = 0.0
    """For how long somebody has been seen since then."""

    def wait(self, seconds: float) -> None:
        self.barred_s = max(0.0, self.barred_s - seconds)
        self.wider_s = max(0.0, self.wider_s - seconds)
        self.lost_s_ago += seconds

    def lost(self, share: float) -> None:
        if self.reaches:
            self.reaches, self.barred_s = False, _BARRED_S
        if self.lost_s_ago < _AGAIN_S and self.seen_s < _GLANCE_S and share < _CLOSE:
            self.closest, self.wider_s = min(1.0, share * _FURTHER), _WIDER_S
        self.lost_s_ago = self.seen_s = 0.0


class FollowFraming:
    """Keeps head and shoulders in the picture, by the matte of the frame before, for pictures of `size`.

    `max_zoom` bounds how close it goes; `ease_s` is about how long a move takes; `beyond` lets it look for a head in
    what is cut off of frames of another shape, too. Small movements are ignored, large ones followed without overshoot;
    when nobody is there for a while, the whole picture is shown.
    """

    needs = frozenset({Need.MATTE})

    def __init__(
        self, size: Size, max_zoom: float = 2.0, ease_s: float = 1.2, beyond: Beyond = _NOTHING
    ) -> None:  # fmt: skip
        if max_zoom < 1.0:
            raise ValueError(f"max_zoom must be at least 1, not {max_zoom}")
        self._size = size
        self._max_zoom = max_zoom
        self._there = (beyond[0] if beyond[0] >= _WORTH else 0.0, beyond[1] if beyond[1] >= _WORTH else 0.0)
        self._learnt = _Learnt()
        self._eased = Eased(WHOLE, ease_s, speed=1.0)
        # Of the whole picture: shoulders sway by a few hundredths while one talks. What a network sees depends on what
        # it is shown, so that two views may each ask for the other.
        self._goal = Goal((0.04, 0.04, 0.08), calm_s=0.4, widest=(0.12, 0.3, 0.24))
        self._shown = WHOLE
        self._views: dict[int, View] = {}
        self._last_ns: int | None = None
        self._seconds = 0.0
        self._alone_s = 0.0

    @property
    def now(self) -> View:
        """What was shown last; the whole picture at first."""
        return self._shown

    def view(self, captured_ns: int) -> View:
        """What to show of a frame taken at this time."""
        elapsed_s = 0.0 if self._last_ns is None else (captured_ns - self._last_ns) / 1e9
        self._last_ns = captured_ns
        self._seconds = min(max(elapsed_s, 0.0), _STEP_S)
        aim = WHOLE if self._goal.held is None else on_pixels(View(*self._goal.held), self._size, self._there)
        x, y, share = self._eased.step(aim, self._seconds)
        # Three values that stop at their own times can stick out by a hair.
        self._shown = View(_inside(x, share, self._there[0]), _inside(y, share, self._there[1]), share)
        self._views[captured_ns] = self._shown
        while len(self._views) > _REMEMBERED:
            del self._views[next(iter(self._views))]
        return self._shown

    def saw(self, matte: Matte) -> None:
        """Take note of who was in the frame that the matte was made from."""
        bust = find_bust(matte.alpha)
        # A matte may be some frames old, and the view has moved on since.
        seen = self._view_of(matte.captured_ns)
        self._learnt.wait(self._seconds)
        if bust is not None:
            self._alone_s = 0.0
            self._learnt.seen_s += self._seconds
            cut_off = bust.top < _CUT
            if cut_off and self._learnt.barred_s == 0.0:
                self._learnt.reaches = True
            beyond = self._there if self._learnt.reaches else _NOTHING
            max_zoom = self._max_zoom
            if self._learnt.wider_s > 0.0:
                max_zoom = min(max_zoom, 1.0 / self._learnt.closest)
            # However often it went to and fro: nobody is left standing at the edge.
            strict = cut_off or bust.top > _LOW or abs(bust.centre - 0.5) > _ASIDE
            self._goal.measure(portrait(bust, seen, max_zoom, beyond), self._seconds, strict=strict)
            return
        self._alone_s += self._seconds
        if self._alone_s > _LOST_S and self._goal.held is not None:
            self._learnt.lost(self._goal.held[2])
            self._goal.forget()

    def laid(self, plane: Plane, made_ns: int, shown_ns: int, beyond: float | None = None) -> Plane:
        """A plane of what was shown of the frame taken at `made_ns`, laid on what is shown of another.

        `beyond`: its value where nothing was seen then; by default it goes on as it ended there.
        """
        made, shown = self._view_of(made_ns), self._view_of(shown_ns)
        return plane if made == shown else part_of(plane, made, shown, beyond)

    def _view_of(self, captured_ns: int) -> View:
        return self._views.get(captured_ns, self._shown)

    def go_on_from(self, earlier: Framing) -> None:
        """Move on from where the other was, with what it knows."""
        if isinstance(earlier, FollowFraming):
            self._eased.go_on_from(earlier._eased)
            self._goal, self._views, self._shown = earlier._goal, earlier._views, earlier._shown
            self._last_ns, self._seconds, self._alone_s = earlier._last_ns, earlier._seconds, earlier._alone_s
            self._learnt = earlier._learnt

    def reset(self) -> None:
        """Show the whole picture of another source."""
        self._goal.forget()
        self._eased.jump(WHOLE)
        self._shown = WHOLE
        self._views.clear()
        self._last_ns, self._alone_s = None, 0.0
        self._learnt = _Learnt()
