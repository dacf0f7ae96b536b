"""Dark pictures are lifted, light ones are left alone, and neither flickers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livecut.look.low_light import LowLight, gamma_for
from livecut.protocols import Tone

FRAME_NS = 33_333_333


def scene(light: float, seed: int = 0) -> NDArray[np.uint8]:
    """Even noise round a level."""
    rng = np.random.default_rng(seed)
    return np.clip(rng.normal(255 * light, 8, (90, 160, 3)), 0, 255).astype(np.uint8)


def lifted(tone: LowLight, bgr: NDArray[np.uint8], index: int) -> NDArray[np.uint8]:
    out = np.empty_like(bgr)
    tone(bgr, index * FRAME_NS, out)
    return out


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_gamma_lifts_and_never_darkens(grey: float, strength: float) -> None:
    assert 0.35 - 1e-9 <= gamma_for(grey, strength) <= 1.0
    assert gamma_for(grey, strength) <= gamma_for(min(1.0, grey + 0.05), strength) + 1e-9
    if grey >= 0.4 or strength == 0.0:
        assert gamma_for(grey, strength) == 1.0


def test_a_dark_picture_is_lifted_from_its_first_frame() -> None:
    tone = LowLight(1.0)
    assert isinstance(tone, Tone)
    dark = scene(0.15)
    first = lifted(tone, dark, 0)
    assert 0.34 < first.mean() / 255 < 0.42
    half = lifted(LowLight(0.5), dark, 0)
    assert dark.mean() < half.mean() < first.mean()


def test_a_light_picture_keeps_every_byte() -> None:
    light = scene(0.6)
    assert np.array_equal(lifted(LowLight(1.0), light, 0), light)


def test_flicker_of_the_lamps_changes_nothing() -> None:
    tone, probe = LowLight(1.0), scene(0.2)
    first = lifted(tone, probe, 0)
    for index in range(1, 90):
        lifted(tone, scene(0.2 + 0.006 * np.sin(index), index), index)
    assert np.array_equal(lifted(tone, probe, 90), first)


def test_when_the_lamp_goes_off_the_picture_follows_without_a_step() -> None:
    tone = LowLight(1.0)
    for index in range(30):
        lifted(tone, scene(0.5), index)
    means = [float(lifted(tone, scene(0.15), index).mean()) for index in range(30, 270)]
    assert means[0] < 45 and means[-1] > 85
    assert max(np.diff(means)) < 4 and min(np.diff(means)) > -0.5
    assert len(set(means[-30:])) == 1


def test_after_a_reset_the_next_light_is_right_at_once() -> None:
    tone = LowLight(1.0)
    lifted(tone, scene(0.6), 0)
    tone.reset()
    assert lifted(tone, scene(0.15), 1).mean() > 85


def test_strength_is_a_share() -> None:
    with pytest.raises(ValueError, match=r"^strength must be 0 … 1, not 2.0$"):
        LowLight(2.0)


def test_a_change_of_settings_changes_the_light_slowly() -> None:
    earlier, dark = LowLight(1.0), scene(0.15)
    before = lifted(earlier, dark, 0).mean()
    tone = LowLight(0.3)
    tone.go_on_from(earlier)
    means = [float(lifted(tone, dark, index).mean()) for index in range(1, 200)]
    assert abs(means[0] - before) < 2 and means[-1] < before - 20
    assert min(np.diff(means)) > -3


def test_a_small_change_of_the_strength_arrives_and_none_moves_nothing() -> None:
    earlier, dark = LowLight(0.5), scene(0.15)
    before = lifted(earlier, dark, 0)
    same = LowLight(0.5)
    same.go_on_from(earlier)
    assert np.array_equal(lifted(same, scene(0.151), 1), lifted(earlier, scene(0.151), 1))
    changed = LowLight(0.54)
    changed.go_on_from(same)
    assert abs(float(lifted(changed, dark, 2).mean()) - float(before.mean())) < 1
    for index in range(3, 200):
        last = lifted(changed, dark, index)
    assert np.array_equal(last, lifted(LowLight(0.54), dark, 0))
