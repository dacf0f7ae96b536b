"""Stills from a running filter: the next picture, never the card, on request of another process."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livecut.app import snapshot
from livecut.app.snapshot import Mailbox, SnapshotSink, ask_running, running
from livecut.errors import DeviceLost
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
    ask_running(mark, tmp_path / "snap.png", burst=2)
    assert served.wait(10)
    done.set()
    assert np.asarray(Image.open(tmp_path / "snap.png")).shape == (9, 16, 3)
    box.close()
    assert [path.name for path in tmp_path.iterdir()] == ["snap.png"]


@pytest.mark.parametrize(
    "request_left",
    [b"\xff", b"", b"[]", b'{"path": "a.png", "burst": 1e999}', b'{"path": "\\udcff/../talk.png", "burst": 1}'],
)
def test_a_request_that_makes_no_sense_is_answered_and_the_box_stays(
    request_left: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    box = Mailbox(SnapshotSink(), tmp_path, settings=lambda: apply(Settings(), {"source": {"input": "talk.png"}}))
    (mark,) = running(tmp_path)
    mark.with_name(f"{mark.name}.request").write_bytes(request_left)
    assert box.look() and not box.look()
    assert mark.with_name(f"{mark.name}.answer").read_text(encoding="utf-8").strip()
    box.close()


@pytest.mark.parametrize(("name", "alpha", "kind"), [("a.jpg", False, "JPEG"), ("a", True, "PNG"), ("a.jpg", True, "")])
def test_what_is_written_is_what_the_name_says(name: str, alpha: bool, kind: str, tmp_path: Path) -> None:
    sink = SnapshotSink()
    done = _feed(sink, Picture(BGR, np.full((9, 16), 9, np.uint8) if alpha else None, 3, 0))
    box = Mailbox(sink, tmp_path)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            box.look()

    threading.Thread(target=serve, daemon=True).start()
    (mark,) = running(tmp_path)
    if kind:
        ask_running(mark, tmp_path / name)
        with Image.open(tmp_path / name) as image:
            assert image.format == kind
    else:
        with pytest.raises(DeviceLost, match="a JPEG has no transparency") as caught:
            ask_running(mark, tmp_path / name)
        assert caught.value.hint
    ended.set()
    done.set()
    box.close()


def test_what_a_killed_filter_left_is_removed_and_other_files_stay(tmp_path: Path) -> None:
    # A number that lives again, in another process: a reboot gives it away anew.
    for name in ("run-1", "run-999999999", "run-abc", "run-"):
        (tmp_path / name).touch()
    box = Mailbox(SnapshotSink(), tmp_path)
    for _ in range(2):
        assert list(running(tmp_path)) == [tmp_path / f"run-{os.getpid()}"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run-", f"run-{os.getpid()}", "run-abc"]
    box.close()
    box.close()
    assert list(running(tmp_path)) == []


def test_a_mark_of_the_same_number_is_taken_over_without_its_request(tmp_path: Path) -> None:
    for suffix in ("", ".request", ".answer"):
        (tmp_path / f"run-{os.getpid()}{suffix}").write_text("left")
    box = Mailbox(SnapshotSink(), tmp_path)
    assert not box.look()
    assert list(running(tmp_path)) == [tmp_path / f"run-{os.getpid()}"]
    box.close()


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
    (tmp_path / "marks").mkdir()
    box = Mailbox(sink, tmp_path / "marks", settings=lambda: apply(Settings(), patch))
    ended = threading.Event()

    def serve() -> None:
        while not ended.wait(0.001):
            box.look()

    threading.Thread(target=serve, daemon=True).start()
    (mark,) = running(tmp_path / "marks")
    with pytest.raises(DeviceLost, match=said) as caught:
        ask_running(mark, tmp_path / name)
    assert caught.value.hint == "choose another name"
    ask_running(mark, tmp_path / "fine.png")
    ended.set()
    done.set()
    box.close()
    assert (tmp_path / "fine.png").exists()
    assert {(tmp_path / file).read_bytes() for file in ("talk.png", "beach.png", "out.mkv")} == {b"irreplaceable"}
    assert not (tmp_path / "frames").exists()


def test_where_a_file_system_knows_no_locks_the_filter_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(file: int, *, shared: bool = False) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(snapshot, "lock_now", no_locks)
    box = Mailbox(SnapshotSink(), tmp_path)
    assert list(running(tmp_path)) == [tmp_path / f"run-{os.getpid()}"]
    box.close()
    assert list(running(tmp_path)) == []


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
