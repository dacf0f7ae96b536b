"""Flattening for sinks without transparency."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from livecut.sinks.opaque import GREEN, Opaque
from livecut.types import Picture


def test_without_alpha_nothing_is_copied(picture: Callable[..., Picture]) -> None:
    opaque = picture()
    assert Opaque().of(opaque) is opaque.bgr


def test_transparent_lies_over_the_colour(picture: Callable[..., Picture]) -> None:
    flat = Opaque().of(picture(alpha=0))
    assert (flat == np.array(GREEN)).all()
    whole = picture(alpha=255)
    np.testing.assert_array_equal(Opaque((1, 2, 3)).of(whole), whole.bgr)
    half = picture(alpha=128)
    expected = np.rint((half.bgr * 128.0 + np.array([10, 20, 30]) * 127.0) / 255.0)
    np.testing.assert_array_equal(Opaque((10, 20, 30)).of(half), expected)


def test_green_is_00b140() -> None:
    assert "#{2:02x}{1:02x}{0:02x}".format(*GREEN) == "#00b140"
