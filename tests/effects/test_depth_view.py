"""`depth`: nearness in colours, and not a pixel of the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livecut.effects.depth_view import DepthView
from livecut.protocols import Effect, Need
from livecut.settings.sections import DepthViewSettings
from livecut.types import Canvas, DepthMap, Frame, Scene, Size


def test_its_defaults_are_those_of_the_settings(scene: Scene, size: Size) -> None:
    plain, configured = Canvas.empty(size), Canvas.empty(size)
    DepthView(size).render(scene, plain)
    DepthView(size=size, **DepthViewSettings().model_dump()).render(scene, configured)
    assert np.array_equal(plain.bgr, configured.bgr)


@pytest.mark.parametrize("person_only", [False, True])
def test_the_picture_itself_does_not_matter(scene: Scene, size: Size, person_only: bool) -> None:
    effect = DepthView(size, person_only=person_only)
    one, other = Canvas.empty(size), Canvas.empty(size)
    effect.render(scene, one)
    dark = Frame(np.zeros_like(scene.frame.bgr), 5, 50)
    effect.render(replace(scene, frame=dark), other)
    assert np.array_equal(one.bgr, other.bgr)


def test_near_is_brighter_than_far(scene: Scene, size: Size) -> None:
    out = Canvas.empty(size)
    DepthView(size, colour_map="inferno", legend=False).render(scene, out)
    lines = out.bgr.astype(float).sum(axis=(1, 2))
    assert lines[-1] > lines[size.height // 2] > lines[0]


def test_everything_but_the_person_is_black_if_wished(scene: Scene, size: Size) -> None:
    out = Canvas.empty(size)
    DepthView(size, person_only=True).render(scene, out)
    assert scene.matte is not None
    assert (out.bgr[scene.matte.alpha == 0] == 0).all()
    assert out.bgr[scene.matte.alpha == 255].max(axis=1).min() > 0


def test_the_legend_lies_on_what_the_frame_fills() -> None:
    size = Size(320, 180)
    scene = Scene(Frame(Canvas.empty(size).bgr, 5, 50), None, DepthMap(np.full((9, 16), 0.5, np.float32), 5, 50))
    part = (slice(20, 160), slice(90, 230))
    painted = [Canvas.empty(size).bgr for _ in range(2)]
    for legend, bgr in zip((True, False), painted, strict=True):
        DepthView(size, legend=legend).render(replace(scene, within=part), Canvas(bgr, None))
    changed = (painted[0] != painted[1]).any(axis=2)
    assert changed[part].sum() == changed.sum() > 0


def test_without_what_it_needs_nothing_is_painted(scene: Scene, size: Size) -> None:
    with pytest.raises(ValueError, match=r"^frame 5 has no depth$"):
        DepthView(size).render(Scene(scene.frame, scene.matte), Canvas.empty(size))
    with pytest.raises(ValueError, match=r"^frame 5 has no matte$"):
        DepthView(size, person_only=True).render(Scene(scene.frame, None, scene.depth), Canvas.empty(size))


def test_it_names_what_it_needs(size: Size) -> None:
    assert isinstance(DepthView(size), Effect)
    assert DepthView(size).needs == {Need.DEPTH}
    assert DepthView(size, person_only=True).needs == {Need.DEPTH, Need.MATTE}
    assert not DepthView(size).has_alpha
    DepthView(size).close()


def test_sixteen_bits_are_the_preview_in_fine_steps_and_stop_at_the_person(scene: Scene, size: Size) -> None:
    effect, out = DepthView(size, colour_map="gray", legend=False, sixteen_bits=True), Canvas.empty(size, depth=True)
    assert effect.has_depth and not DepthView(size).has_depth
    effect.render(scene, out)
    assert out.depth is not None
    assert np.abs(out.depth / 257.0 - out.bgr[..., 0]).max() <= 0.51
    assert (out.depth % 257 != 0).any(), "finer than the preview"
    person = DepthView(size, colour_map="gray", legend=False, person_only=True, sixteen_bits=True)
    person.render(scene, out)
    assert scene.matte is not None
    assert not out.depth[scene.matte.alpha == 0].any()
    assert out.depth[scene.matte.alpha == 255].min() > 0
    person.render(scene, Canvas.empty(size))
