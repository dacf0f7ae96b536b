"""`replace`: another background, and nothing of the room."""

from __future__ import annotations

import numpy as np
import pytest
from support.fakes import ListSource

from livecut.effects.backdrop import ColourBackdrop, SourceBackdrop
from livecut.effects.blur import Blur
from livecut.effects.replace import Replace
from livecut.errors import DeviceLost
from livecut.protocols import Need
from livecut.types import Canvas, Frame, Pixels, Scene, Size


@pytest.mark.parametrize("decontaminate", [False, True])
def test_person_and_backdrop_keep_their_bytes(scene: Scene, size: Size, decontaminate: bool) -> None:
    effect = Replace(size, ColourBackdrop(size, (90, 80, 70)), light_wrap=0.0, decontaminate=decontaminate)
    out = Canvas.empty(size)
    effect.render(scene, out)
    assert scene.matte is not None
    alpha = scene.matte.alpha
    assert np.array_equal(out.bgr[alpha == 255], scene.frame.bgr[alpha == 255])
    assert (out.bgr[alpha == 0] == [90, 80, 70]).all()
    assert effect.needs == {Need.MATTE} and not effect.has_alpha


@pytest.mark.parametrize("care", [False, True])
def test_a_match_darkens_the_person_before_a_dark_backdrop_and_leaves_that(
    scene: Scene, size: Size, care: bool
) -> None:
    def rendered(match: float) -> Pixels:
        out = Canvas.empty(size)
        backdrop = ColourBackdrop(size, (5, 5, 5))
        Replace(size, backdrop, light_wrap=0.0, decontaminate=care, match=match).render(scene, out)
        return out.bgr

    assert scene.matte is not None
    sure, room = scene.matte.alpha == 255, scene.matte.alpha == 0
    plain, matched = rendered(0.0), rendered(0.5)
    assert np.array_equal(matched[room], plain[room])
    assert matched[sure].mean() < 0.9 * plain[sure].mean()


def test_the_person_s_light_goes_on_to_the_next_plan_and_is_forgotten_at_a_reset(scene: Scene, size: Size) -> None:
    dark, bright = ((level,) * 3 for level in (5, 250))

    def made(colour: tuple[int, int, int]) -> Replace:
        return Replace(size, ColourBackdrop(size, colour), light_wrap=0.0, match=0.5)

    def rendered(effect: Replace) -> Pixels:
        out = Canvas.empty(size)
        effect.render(scene, out)
        return out.bgr

    assert scene.matte is not None
    sure = scene.matte.alpha == 255
    earlier, later, fresh = made(dark), made(bright), made(bright)
    was, wanted = rendered(earlier), rendered(fresh)
    assert wanted[sure].mean() > was[sure].mean() + 10
    later.go_on_from(earlier)
    np.testing.assert_array_equal(rendered(later)[sure], was[sure])
    later.reset()
    np.testing.assert_array_equal(rendered(later), wanted)
    later.go_on_from(Blur(size))
    np.testing.assert_array_equal(rendered(later), wanted)


@pytest.mark.parametrize("cut", [False, True])
def test_after_a_cut_the_person_stands_in_the_light_at_once(scene: Scene, size: Size, cut: bool) -> None:
    def made() -> Replace:
        return Replace(size, ColourBackdrop(size, (120, 120, 120)), light_wrap=0.0, match=0.5)

    assert scene.matte is not None
    other = np.ascontiguousarray(scene.frame.bgr // 4)
    later = Scene(Frame(other, 6, 50 + 33_000_000), scene.matte, is_new_shot=cut)
    went_on, fresh, effect = Canvas.empty(size), Canvas.empty(size), made()
    effect.render(scene, went_on)
    effect.render(later, went_on)
    made().render(later, fresh)
    assert np.array_equal(went_on.bgr, fresh.bgr) is cut


def test_the_rim_loses_the_room_s_colour(scene: Scene, size: Size) -> None:
    assert scene.matte is not None
    rim = (scene.matte.alpha > 30) & (scene.matte.alpha < 225)

    def saturation(decontaminate: bool) -> float:
        out = Canvas.empty(size)
        Replace(size, ColourBackdrop(size, (0, 0, 0)), light_wrap=0.0, decontaminate=decontaminate).render(scene, out)
        part = out.bgr[rim].astype(int)
        return float((part.max(axis=1) - part.min(axis=1)).mean())

    assert saturation(True) < 0.6 * saturation(False)


def test_light_of_a_moving_backdrop_is_followed(scene: Scene, size: Size) -> None:
    source = ListSource(9, size, fps=10.0, paint=lambda i, s: np.full((s.height, s.width, 3), 250 * (i % 2), np.uint8))
    effect = Replace(size, SourceBackdrop(size, source), light_wrap=0.5, decontaminate=False)
    assert scene.matte is not None
    inside = scene.matte.alpha == 255
    lifts = []
    for index in range(4):
        out = Canvas.empty(size)
        moved = Scene(Frame(scene.frame.bgr, index, index * 100_000_000), scene.matte)
        effect.render(moved, out)
        lifts.append(int((out.bgr[inside].astype(int) - scene.frame.bgr[inside]).max()))
    assert lifts[0] == lifts[2] == 0
    assert min(lifts[1], lifts[3]) > 10


def test_a_lost_backdrop_raises_and_closing_closes_it(scene: Scene, size: Size) -> None:
    source = ListSource(5, size, dies_at=0)
    effect = Replace(size, SourceBackdrop(size, source))
    with pytest.raises(DeviceLost, match=r"^the camera was unplugged$"):
        effect.render(scene, Canvas.empty(size))
    effect.close()
    effect.close()
    assert source.closed == 1


def test_the_same_video_goes_on_in_the_next_plan(scene: Scene, size: Size) -> None:
    sources = [ListSource(99, size, fps=10.0) for _ in range(2)]
    earlier, later, other = (
        Replace(size, SourceBackdrop(size, source, what=what), light_wrap=0.0)
        for source, what in zip([*sources, ListSource(9, size)], ("film", "film", "another"), strict=True)
    )
    assert scene.matte is not None
    room = scene.matte.alpha == 0

    def shown(effect: Replace, tenth: int) -> int:
        out = Canvas.empty(size)
        effect.render(Scene(Frame(scene.frame.bgr, tenth, tenth * 100_000_000), scene.matte), out)
        return int(out.bgr[room].max())

    assert [shown(earlier, tenth) for tenth in range(4)] == [0, 1, 2, 3]
    assert shown(later, 0) == shown(other, 0) == 0
    later.go_on_from(earlier)
    earlier.close()
    assert [source.closed for source in sources] == [0, 1]
    assert [shown(later, tenth) for tenth in (4, 5)] == [4, 5]
    other.go_on_from(later)
    assert shown(other, 0) == 0
    later.reset()  # another camera, whose times have nothing to do with those before
    assert [shown(later, tenth) for tenth in (90, 91)] == [5, 6]
    for effect in (later, other):
        effect.close()


def test_a_backdrop_is_closed_where_the_effect_cannot_be_made(size: Size) -> None:
    source = ListSource(5, size)
    with pytest.raises(ValueError, match="share must be"):
        Replace(size, SourceBackdrop(size, source), match=2.0)
    assert source.closed == 1


class Shaky:
    """A backdrop of one colour that is there or not, as `lost` says."""

    still, lost = False, ""

    def __init__(self, size: Size) -> None:
        self._colour = ColourBackdrop(size, (90, 80, 70))

    def picture(self, captured_ns: int) -> Pixels:
        if self.lost:
            raise DeviceLost(self.lost)
        return self._colour.picture(captured_ns)

    def close(self) -> None:
        pass


def test_where_the_backdrop_is_lost_the_room_stands_there_strongly_blurred(
    scene: Scene, size: Size, caplog: pytest.LogCaptureFixture
) -> None:
    backdrop = Shaky(size)
    effect = Replace(size, backdrop, light_wrap=0.0, fallback="blur")
    assert scene.matte is not None
    there, blurred, out = Canvas.empty(size), Canvas.empty(size), Canvas.empty(size)
    effect.render(scene, there)
    Blur(size, radius_px=60.0).render(scene, blurred)
    assert effect.instead == ""
    for backdrop.lost in ("camera 1 is gone", "camera 1 is gone", ""):
        out.bgr.fill(0)
        effect.render(scene, out)
        np.testing.assert_array_equal(out.bgr, blurred.bgr if backdrop.lost else there.bgr)
        assert effect.instead == ("room blurred: camera 1 is gone" if backdrop.lost else "")
    assert np.array_equal(blurred.bgr[scene.matte.alpha == 255], scene.frame.bgr[scene.matte.alpha == 255])
    assert caplog.messages == [
        "camera 1 is gone; your own room stands there instead, strongly blurred",
        "the background is back",
    ]


def test_a_long_reason_is_short_in_the_status_line(scene: Scene, size: Size, caplog: pytest.LogCaptureFixture) -> None:
    backdrop = Shaky(size)
    backdrop.lost = "the background beach.mp4 cannot be read: " + "invalid data found in it " * 5
    effect = Replace(size, backdrop, fallback="blur")
    effect.render(scene, Canvas.empty(size))
    assert effect.instead == "room blurred: the background beach.mp4 cannot be read: invalid data …"
    assert caplog.messages[0].startswith(backdrop.lost)


def test_what_is_no_loss_raises_also_with_a_fallback(scene: Scene, size: Size) -> None:
    backdrop = Shaky(size)
    backdrop.picture = lambda captured_ns: 1 // 0  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(ZeroDivisionError):
        Replace(size, backdrop, fallback="blur").render(scene, Canvas.empty(size))


def test_without_a_matte_nothing_is_painted(scene: Scene, size: Size) -> None:
    with pytest.raises(ValueError, match=r"^frame 5 has no matte$"):
        Replace(size, ColourBackdrop(size, (0, 0, 0))).render(Scene(scene.frame), Canvas.empty(size))
