"""Stills from a running filter: the next picture, never the card, and never over what the run needs."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livecut.app.snapshot import SnapshotSink, write_still
from livecut.errors import DeviceLost, LivecutError, SettingsError
from livecut.settings import Settings
from livecut.settings.load import Patch, apply
from livecut.types import CARD_INDEX, Picture

BGR = np.random.default_rng(5).integers(0, 256, (9, 16, 3), np.uint8)


def _feed(sink: SnapshotSink, picture: Picture) -> threading.Event:
    done = threading.Event()

    def write() -> None:
        while not done.wait(0.002):
            sink.write(picture)

    threading.Thread(target=write, daemon=True).start()
    return done


@pytest.mark.parametrize("alpha", [None, np.full((9, 16), 130, np.uint8)])
def test_the_next_picture_is_taken_with_its_alpha(
    alpha: np.ndarray[tuple[int, int], np.dtype[np.uint8]] | None,
) -> None:
    sink = SnapshotSink()
    done = _feed(sink, Picture(BGR, alpha, 3, 0))
    pixels = sink.take()
    done.set()
    np.testing.assert_array_equal(pixels[:, :, :3], BGR)
    assert pixels.shape[2] == (3 if alpha is None else 4)


def test_of_a_burst_the_sharpest_is_taken() -> None:
    sink = SnapshotSink()
    blurred = [np.full_like(BGR, 100 + index) for index in range(2)]
    taken: list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]] = []
    taker = threading.Thread(target=lambda: taken.append(sink.take(10.0, burst=3)))
    taker.start()
    for index, bgr in enumerate((blurred[0], BGR, blurred[1])):
        while not sink.wanted:
            assert taker.is_alive()
        sink.write(Picture(bgr, None, index, 0))
    taker.join(10)
    np.testing.assert_array_equal(taken[0], BGR)


def test_a_burst_that_is_cut_short_gives_what_came() -> None:
    sink = SnapshotSink()
    done = _feed(sink, Picture(BGR, None, 3, 0))
    assert sink.take(0.2, burst=1_000_000).shape == BGR.shape
    done.set()


def test_who_gives_up_takes_no_picture_from_another_who_waits() -> None:
    sink = SnapshotSink()
    taken: list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]] = []
    patient = threading.Thread(target=lambda: taken.append(sink.take(30.0)))
    patient.start()
    while not sink.wanted:
        patient.join(0.001)

    def give_up() -> None:
        with contextlib.suppress(DeviceLost):
            sink.take(0.0)

    hasty = threading.Thread(target=give_up)
    hasty.start()
    hasty.join(0.2)
    done = _feed(sink, Picture(BGR, None, 3, 0))
    patient.join(5)
    done.set()
    assert len(taken) == 1


def test_the_card_is_no_picture() -> None:
    sink = SnapshotSink()
    done = _feed(sink, Picture(BGR, None, CARD_INDEX, 0))
    with pytest.raises(DeviceLost, match="the privacy card is shown"):
        sink.take(0.05)
    done.set()


@pytest.mark.parametrize(("name", "alpha", "kind"), [("a.jpg", False, "JPEG"), ("a", True, "PNG"), ("a.jpg", True, "")])
def test_what_is_written_is_what_the_name_says(name: str, alpha: bool, kind: str, tmp_path: Path) -> None:
    sink = SnapshotSink()
    done = _feed(sink, Picture(BGR, np.full((9, 16), 9, np.uint8) if alpha else None, 3, 0))
    if kind:
        write_still(sink, tmp_path / name, Settings())
        with Image.open(tmp_path / name) as image:
            assert image.format == kind
    else:
        with pytest.raises(LivecutError, match="a JPEG has no transparency") as caught:
            write_still(sink, tmp_path / name, Settings())
        assert caught.value.hint
    done.set()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("talk.png", "is the source and would be overwritten"),
        ("link.png", "is the source and would be overwritten"),
        ("beach.png", "is the background and would be overwritten"),
        ("out.mkv", "is written by the running filter"),
        ("frames/frame-000001.png", "is written by the running filter"),
    ],
)
def test_nothing_that_the_running_filter_reads_or_writes_is_written_over(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the filter's own folder: its settings may be relative to it
    for file in ("talk.png", "beach.png", "out.mkv"):
        (tmp_path / file).write_bytes(b"irreplaceable")
    (tmp_path / "link.png").symlink_to("talk.png")
    patch: Patch = {
        "source": {"input": "talk.png"},
        "output": {"sinks": ("null", "out.mkv", "frames/frame-%06d.png")},
        "effect": {"replace": {"background": "beach.png"}},
    }
    sink = SnapshotSink()
    done = _feed(sink, Picture(BGR, None, 3, 0))
    with pytest.raises(SettingsError, match=said) as caught:
        write_still(sink, tmp_path / name, apply(Settings(), patch))
    assert caught.value.hint == "choose another name"
    write_still(sink, tmp_path / "fine.png", apply(Settings(), patch))
    done.set()
    assert (tmp_path / "fine.png").exists()
    assert {(tmp_path / file).read_bytes() for file in ("talk.png", "beach.png", "out.mkv")} == {b"irreplaceable"}
    assert not (tmp_path / "frames").exists()


def test_a_still_wakes_a_camera_that_rests() -> None:
    sink = SnapshotSink()
    assert not sink.is_watched()
    waiting = threading.Thread(target=lambda: sink.take(60.0))
    waiting.start()
    deadline = time.monotonic() + 60
    while not sink.is_watched():
        assert time.monotonic() < deadline
        time.sleep(0.002)
    sink.write(Picture(np.zeros((2, 2, 3), np.uint8), None, 1, 0))
    waiting.join(60)
    assert not sink.is_watched()


def test_right_after_the_card_a_camera_may_not_have_settled() -> None:
    now_s = 100.0
    sink = SnapshotSink(lambda: now_s)
    card = Picture(np.zeros((2, 2, 3), np.uint8), None, CARD_INDEX, 0)
    for begins in (False, True):
        if begins:
            sink.write(card)
        taken: list[int] = []
        waiting = threading.Thread(target=lambda taken=taken: taken.append(int(sink.take(60.0)[0, 0, 0])))
        waiting.start()
        while not sink.wanted:
            time.sleep(0.001)
        for value, passes_s in ((1, 0.1), (2, 0.15), (3, 0.1), (4, 0.0)):
            if sink.wanted:
                sink.write(Picture(np.full((2, 2, 3), value, np.uint8), None, value, 0))
            now_s += passes_s
        waiting.join(60)
        assert taken == [4 if begins else 1]
