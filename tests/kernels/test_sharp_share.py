"""The sharp picture's share before its own blurred room."""

from __future__ import annotations

import numpy as np

from livecut.kernels.sharp_share import sharp_share


def test_it_rises_from_nothing_to_all() -> None:
    shares = np.array([sharp_share(np.float32(a / 255), np.float32(1)) for a in range(256)])
    assert shares[0] == 0.0 and shares[255] == 1.0
    assert (np.diff(shares) >= 0).all()
    assert (shares >= np.arange(256) / np.float32(255)).all()


def test_faint_coverage_counts_as_it_is_and_a_half_for_three_quarters() -> None:
    assert sharp_share(np.float32(0.05), np.float32(1)) < 0.055
    assert sharp_share(np.float32(0.5), np.float32(1)) == 0.75


def test_before_an_even_room_a_rim_pixel_is_nearer_to_the_ideal_than_mixed_twice() -> None:
    person, room = 200.0, 40.0
    for a in (0.2, 0.4, 0.6, 0.8):
        ideal = pixel = a * person + (1 - a) * room
        ours = room + (pixel - room) * float(sharp_share(np.float32(a), np.float32(1)))
        twice = room + (pixel - room) * a
        assert abs(ours - ideal) < abs(twice - ideal)


def test_before_a_room_of_another_light_coverage_counts_as_it_is() -> None:
    assert sharp_share(np.float32(0.5), np.float32(0)) == 0.5
    assert sharp_share(np.float32(0.5), np.float32(0.4)) == np.float32(0.6)
