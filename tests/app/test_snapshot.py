"""Stills from a running filter: the next picture, never the card, on request of another process."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livecut.app.snapshot import Mailbox, SnapshotSink, ask_running, running
from livecut.errors import DeviceLost
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
    image = np.asarray(Image.open(io.BytesIO(sink.take())))
    done.set()
    np.testing.assert_array_equal(image[:, :, :3], BGR[:, :, ::-1])
    assert image.shape[2] == (3 if alpha is None else 4)


def test_the_card_is_no_picture() -> None:
    sink = SnapshotSink()
    done = _feed(sink, Picture(BGR, None, CARD_INDEX, 0))
    with pytest.raises(DeviceLost, match="the privacy card is shown"):
        sink.take(0.05)
    done.set()


def test_a_request_is_served_and_answered(tmp_path: Path) -> None:
    sink = SnapshotSink()
    done = _feed(sink, Picture(BGR, None, 3, 0))
    box = Mailbox(sink, tmp_path)
    served = threading.Event()

    def serve() -> None:
        while not box.look():
            pass
        served.set()

    threading.Thread(target=serve, daemon=True).start()
    (mark,) = running(tmp_path)
    ask_running(mark, tmp_path / "snap.png")
    assert served.wait(10)
    done.set()
    assert np.asarray(Image.open(tmp_path / "snap.png")).shape == (9, 16, 3)
    box.close()
    assert [path.name for path in tmp_path.iterdir()] == ["snap.png"]


def test_what_a_killed_filter_left_is_removed(tmp_path: Path) -> None:
    dead = tmp_path / "run-999999999"
    dead.touch()
    alive = tmp_path / f"run-{os.getpid()}"
    alive.touch()
    assert list(running(tmp_path)) == [alive]
    assert not dead.exists()
