"""Flattening for sinks without transparency."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from livecut.sinks.opaque import Opaque
from livecut.types import Picture


def test_without_alpha_nothing_is_copied(picture: Callable[..., Picture]) -> None:
    opaque = picture()
    assert Opaque().of(opaque) is opaque.bgr


def test_transparent_lies_over_the_colour(picture: Callable[..., Picture]) -> None:
    flat = Opaque().of(picture(alpha=0))
    assert (flat == np.array((0x40, 0xB1, 0x00))).all()
    whole = picture(alpha=255)
    np.testing.assert_array_equal(Opaque("white").of(whole), whole.bgr)
    half = picture(alpha=128)
    expected = np.rint((half.bgr * 128.0 + np.array([10, 20, 30]) * 127.0) / 255.0)
    np.testing.assert_array_equal(Opaque("#1e140a").of(half), expected)
