"""Cut-outs and depth by `livecut.cutout`, `livecut.depth` and the commands: here first, elsewhere only if allowed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from livecut.app.aside import Aside
from livecut.app.mistakes import absent_background
from livecut.app.still import Still
from livecut.app.still_image import Input, StillImage, encode_as, load_still
from livecut.app.still_services import Services
from livecut.colours import parse_colour
from livecut.errors import AcceleratorError, EstimateError, LivecutError, ModelError, SettingsError
from livecut.kernels.cpu.composite import fill, over_picture
from livecut.kernels.cpu.geometry import fit
from livecut.kernels.cpu.still_depth import person_nearness
from livecut.kernels.still import FractionBox, person_boxes
from livecut.settings import Settings
from livecut.types import Pixels, Plane8

__all__ = ["Cut", "Mode", "StillWork", "Via", "cutout", "depth"]

log = logging.getLogger(__name__)

Mode: TypeAlias = Literal["image", "mask"]
Via: TypeAlias = Literal["auto", "local", "api4ai", "clipdrop"]
T = TypeVar("T")

# What another machine may be able to do when this one cannot; a broken picture is broken everywhere.
_CANNOT = (ModelError, AcceleratorError, EstimateError, MemoryError, TimeoutError)


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A finished cut-out."""

    pixels: NDArray[np.uint8]
    """(h, w, 4) BGRA, (h, w) mask, or (h, w, 3) BGR where a background was given."""
    boxes: tuple[FractionBox, ...]
    """A box for each separate person, as fractions of the picture."""
    icc_profile: bytes | None
    via: str
    """`local`, or the service that made it."""

    def encoded(self, kind: Literal["png", "jpeg"] = "png", *, note: str = "") -> bytes:
        """As a file, with the input's colour profile and a note of what was asked for."""
        return encode_as(kind, self.pixels, icc_profile=self.icc_profile, note=note)


class StillWork:
    """Single pictures with one set of networks, loaded on first use. Used by one thread at a time.

    `via` chooses who does it: `local`, a service by name, or `auto`: here, and by the service when this machine cannot
    and `remote.allow` is true. The first picture that leaves the machine is announced as a warning.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        via: Via = "auto",
        services: Services | None = None,
        before_leaving: Callable[[], None] = lambda: None,
    ) -> None:
        """`before_leaving` is called before a picture leaves this machine; where it raises, none does."""
        self._settings = settings
        self._before_leaving = before_leaving
        self._via = via
        self._still: Still | None = None
        self._services = services or Services(settings)
        self._owns_services = services is None
        self._aside = Aside("livecut-still")

    def cut(self, image: Input, *, mode: Mode = "image", background: Input | None = None, name: str = "") -> Cut:
        """The person in one picture; `background` fills the frame behind. Raises `LivecutError`."""
        if mode not in get_args(Mode):
            raise ValueError(f"mode is {' or '.join(map(repr, get_args(Mode)))}, not {mode!r}")
        if mode == "mask" and background is not None:
            raise SettingsError("a mask has no background", hint="leave one of the two out")
        picture = load_still(image, name=name or "the picture")
        behind = None if background is None else self._backdrop(background, picture)

        def here() -> tuple[Pixels, Plane8]:
            bgr, alpha = self._loaded().cutout(picture.as_seen())
            if picture.alpha is None:
                return bgr, alpha
            # White is for the network only: what the picture shows in part keeps its own colours.
            return np.where(picture.alpha[..., None] == 255, bgr, picture.bgr), alpha

        def there() -> tuple[Pixels, Plane8]:
            return self._services.cut(picture)

        (bgr, alpha), via = self._either(here, there, "api4ai", name)
        if picture.alpha is not None:
            alpha = _product(alpha, picture.alpha)
        boxes = tuple(person_boxes(alpha))
        if mode == "mask":
            return Cut(alpha, boxes, None, via)
        if behind is not None:
            out = np.empty_like(bgr)
            over_picture(bgr, alpha, behind, out)
            return Cut(out, boxes, picture.icc_profile, via)
        bgr = np.where(alpha[..., None] > 0, bgr, 0).astype(np.uint8)
        return Cut(np.dstack([bgr, alpha]), boxes, picture.icc_profile, via)

    def depth(self, image: Input, *, scene: bool = False, name: str = "") -> tuple[NDArray[np.float32], str]:
        """Nearness 0 … 1 at the picture's own size, 1 nearest, 0 outside people unless `scene`; and who made it."""
        if scene and self._via == "clipdrop":
            raise SettingsError("the remote service knows the depth of people only", hint="leave --scene out")
        picture = load_still(image, name=name or "the picture")

        def here() -> NDArray[np.float32]:
            nearness, alpha = self._loaded().depth(picture.as_seen())
            if scene:
                return nearness
            return person_nearness(nearness, alpha if picture.alpha is None else _product(alpha, picture.alpha))

        def there() -> NDArray[np.float32]:
            nearness = self._services.depth(picture)
            if picture.alpha is None:
                return nearness
            return nearness * (picture.alpha.astype(np.float32) / np.float32(255))

        return self._either(here, None if scene else there, "clipdrop", name)

    def close(self) -> None:
        """Release networks and connections. Idempotent."""
        self._aside.close(self._close_still)
        if self._owns_services:
            self._services.close()

    def _close_still(self) -> None:
        if self._still is not None:
            self._still.close()

    def _loaded(self) -> Still:
        if self._still is None:
            self._still = Still(self._settings)
        return self._still

    def _either(self, here: Callable[[], T], there: Callable[[], T] | None, service: Via, name: str) -> tuple[T, str]:
        """What is made here or by the service, and who made it; `there` is None for what the service cannot do."""
        if self._via not in ("auto", "local", service):
            raise SettingsError(f"{self._via} does not do this", hint=f"--via auto, local or {service}")
        if self._via == service and there is not None:
            self._announce(service, name, "asked for by name")
            return there(), service
        try:
            return self._aside.call(here, self._settings.remote.local_timeout_s), "local"
        except _CANNOT as error:
            reason = self._reason(error)
            if self._via == "local" or there is None or not self._settings.remote.allow:
                if isinstance(error, LivecutError):
                    raise
                raise EstimateError(
                    f"{name or 'the picture'} cannot be processed here: {reason}",
                    hint="give it more time" if isinstance(error, TimeoutError) else "give a smaller picture",
                ) from error
            self._announce(service, name, reason)
            return there(), service

    def _reason(self, error: Exception) -> str:
        # The library's own have no text.
        if isinstance(error, TimeoutError):
            return f"it takes longer than remote.local_timeout_s, {self._settings.remote.local_timeout_s:g} s"
        if isinstance(error, MemoryError):
            return "there is not enough memory for it"
        return str(error) or type(error).__name__

    def _announce(self, service: str, name: str, reason: str) -> None:
        self._before_leaving()
        if self._services.first_use():
            log.warning("pictures leave this machine: %s goes to %s (%s)", name or "the picture", service, reason)

    def _backdrop(self, background: Input, picture: StillImage) -> Pixels:
        out = np.empty_like(picture.bgr)
        if isinstance(background, str):
            try:
                colour = parse_colour(background)
            except ValueError:
                pass
            else:
                fill(out, colour)
                return out
            if background.startswith(("http://", "https://")):
                background = self._services.fetch(background)  # once for all pictures
            elif (mistake := absent_background(background)) is not None:
                raise mistake
        fit(load_still(background, name="the background").as_seen(), out, mode="cover")
        return out


def cutout(
    image: Input, *, mode: Mode = "image", background: Input | None = None, settings: Settings | None = None
) -> NDArray[np.uint8]:
    """The person in a picture (path, bytes, BGR array or Pillow image), at its own size.

    (h, w, 4) BGRA for `mode="image"`, (h, w) for `mode="mask"`, (h, w, 3) BGR over a `background`, which is
    a colour or a picture.
    Raises `LivecutError`. Networks are loaded for each call: for many pictures use `livecut.app.stills.StillWork`.
    """
    with _one_off(settings) as work:
        return work.cut(image, mode=mode, background=background).pixels


def depth(image: Input, *, scene: bool = False, settings: Settings | None = None) -> NDArray[np.float32]:
    """Nearness (h, w), 0 far … 1 nearest, at the picture's own size; 0 outside people unless `scene`."""
    with _one_off(settings) as work:
        return work.depth(image, scene=scene)[0]


@contextmanager
def _one_off(settings: Settings | None) -> Iterator[StillWork]:
    work = StillWork(settings or Settings())
    try:
        yield work
    finally:
        work.close()


def _product(one: Plane8, two: Plane8) -> Plane8:
    return ((one.astype(np.uint16) * two + 127) // 255).astype(np.uint8)
