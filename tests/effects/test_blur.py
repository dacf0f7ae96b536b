"""`blur`: the person sharp, the room gone."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.effects.blur import Blur
from livecut.protocols import Continuing, Effect, Need
from livecut.settings.sections import BlurSettings
from livecut.types import Canvas, Frame, Matte, Pixels, Scene, Size


def test_the_person_is_sharp_and_the_room_is_even(scene: Scene, size: Size) -> None:
    effect = Blur(size=size, **BlurSettings(radius_px=60.0).model_dump())
    out = Canvas.empty(size)
    effect.render(scene, out)
    assert scene.matte is not None
    inside, outside = scene.matte.alpha == 255, scene.matte.alpha == 0
    assert np.array_equal(out.bgr[inside], scene.frame.bgr[inside])
    assert out.bgr[outside].std(axis=0).max() < 12
    assert scene.frame.bgr[outside].std(axis=0).min() > 100


def test_without_a_matte_nothing_is_painted(scene: Scene, size: Size) -> None:
    with pytest.raises(ValueError, match=r"^frame 5 has no matte$"):
        Blur(size).render(Scene(scene.frame), Canvas.empty(size))


def test_it_names_what_it_needs(size: Size) -> None:
    effect = Blur(size)
    assert isinstance(effect, Effect)
    assert effect.needs == {Need.MATTE} and not effect.has_alpha


def test_the_background_can_be_dimmed_and_drained_of_colour(scene: Scene, size: Size) -> None:
    plain, shaded = Canvas.empty(size), Canvas.empty(size)
    Blur(size=size).render(scene, plain)
    Blur(size=size, **BlurSettings(dim=0.5, saturation=0.0).model_dump()).render(scene, shaded)
    assert scene.matte is not None
    room = scene.matte.alpha == 0
    assert np.ptp(shaded.bgr[room], axis=1).max() <= 1
    assert abs(shaded.bgr[room].mean() - 0.5 * plain.bgr[room].mean()) < 12


def _grey(level: int, index: int, captured_ns: int | None = None) -> Scene:
    size = Size(64, 36)
    bgr = Canvas.empty(size).bgr
    bgr[...] = level
    alpha = Canvas.empty(size, alpha=True).alpha
    assert alpha is not None
    alpha[...] = 0
    captured_ns = index * 33_000_000 if captured_ns is None else captured_ns
    return Scene(Frame(bgr, index, captured_ns), Matte(alpha, index, captured_ns), None)


def _shown(effect: Blur, scene: Scene) -> Pixels:
    out = Canvas.empty(Size(64, 36))
    effect.render(scene, out)
    return out.bgr


def test_the_room_does_not_tremble_with_the_camera() -> None:
    effect = Blur(Size(64, 36))
    shown = [_shown(effect, _grey(100 + 2 * (number % 2), number)) for number in range(40)][20:]
    assert all(np.array_equal(picture, shown[0]) for picture in shown)
    assert (_shown(effect, _grey(120, 40)) == 120).all()


@pytest.mark.parametrize(("index", "captured_ns"), [(4, 132_000_000), (6, 800_000_000), (6, 1)])
def test_what_does_not_follow_is_shown_as_it_is(index: int, captured_ns: int) -> None:
    """An earlier frame, a later one after a pause, and a clock set back."""
    effect = Blur(Size(64, 36))
    _shown(effect, _grey(100, 5))
    assert (_shown(effect, _grey(101, index, captured_ns)) == 101).all()


def test_it_forgets_and_goes_on() -> None:
    effect, other, wider = Blur(Size(64, 36)), Blur(Size(64, 36)), Blur(Size(64, 36), radius_px=240.0)
    assert isinstance(effect, Continuing)
    _shown(effect, _grey(100, 0))
    other.go_on_from(effect)
    wider.go_on_from(effect)
    assert (_shown(other, _grey(101, 1)) == 100).all()
    assert (_shown(wider, _grey(101, 1)) == 101).all()
    effect.reset()
    assert (_shown(effect, _grey(101, 1)) == 101).all()
