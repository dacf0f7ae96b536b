"""A set in several folders is read as one, and processes of one run draw the same shapes in turn."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))


@pytest.mark.usefixtures("tools")
def test_folders_are_read_as_one_set(tmp_path: Path) -> None:
    pictures_of = importlib.import_module("joint.pictures")

    random = np.random.default_rng(1)
    wanted = []
    for part, count in enumerate((2, 3)):
        writer = pictures_of.Writer(tmp_path / str(part))
        for number in range(count):
            height, width = 4 + number, 6 + part
            image = random.integers(0, 256, (height, width, 3), np.uint8)
            matte, trust = random.integers(0, 256, (2, height, width), np.uint8)
            place = writer.add(f"set{part}", "truth", image, matte, trust)
            depth = random.integers(0, 256, pictures_of.DEPTH_SIZE[::-1]).astype(np.float32)
            writer.add_view(place, (0, 0, width, height), depth / np.float32(pictures_of.DEPTH_STEPS))
            wanted.append((f"set{part}", image, matte, trust, depth))
        writer.close()
    pictures = pictures_of.Pictures(tmp_path / "0", tmp_path / "1")
    assert len(pictures) == len(wanted)
    for view, (source, image, matte, trust, depth) in enumerate(wanted):
        assert pictures.of(view).source == source
        found = pictures.planes(pictures.views[view].picture)
        for own, other in zip(found, (image, matte, trust), strict=True):
            np.testing.assert_array_equal(own, other)
        np.testing.assert_array_equal(pictures.depth(view), depth.astype(np.uint8))


@pytest.mark.usefixtures("tools")
def test_clothes_change_and_the_rest_stays() -> None:
    reclothed = importlib.import_module("joint.samples").reclothed

    image = np.full((120, 80, 3), (200, 90, 30), np.uint8)
    matte = np.zeros((120, 80), np.uint8)
    matte[10:110, 20:60] = 255
    for seed in range(20):
        out = reclothed(image, matte, np.random.default_rng(seed))
        far = np.ones(matte.shape, bool)
        far[10:120, 12:68] = False
        np.testing.assert_array_equal(out[far], image[far])
        np.testing.assert_array_equal(out[:20], image[:20])
        assert np.abs(out[70:100, 30:50].astype(int) - image[70:100, 30:50]).mean() > 5
    empty = np.zeros_like(matte)
    assert reclothed(image, empty, np.random.default_rng(0)) is image


@pytest.mark.usefixtures("tools")
def test_what_is_held_is_as_near_as_who_holds_it() -> None:
    in_hand = importlib.import_module("joint.labels").in_hand

    depth = np.full((192, 320), 0.2, np.float32)
    person, thing = np.zeros_like(depth), np.zeros_like(depth)
    person[40:190, 120:200], thing[100:140, 200:230] = 1, 1
    depth[person > 0] = 0.7
    out = in_hand(depth, person, thing)
    assert (out[thing > 0] >= 0.69).all()
    assert (out[thing > 0] <= 0.75).all()
    np.testing.assert_array_equal(out[thing == 0], depth[thing == 0])
    # A thing that the teacher sees before its holder stays where it is.
    depth[thing > 0] = 0.9
    np.testing.assert_array_equal(in_hand(depth, person, thing), depth)
    assert in_hand(depth, np.zeros_like(person), thing) is depth
    assert in_hand(depth, person, np.zeros_like(thing)) is depth
