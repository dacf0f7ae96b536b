"""Live backgrounds: another camera or a screen, shared by the plan that goes and the one that comes."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.fakes import ListSource

from livecut.app import backdrops
from livecut.app.backdrops import build_backdrop, replace_table, wait_for_feeds
from livecut.effects.backdrop import Backdrop, LiveBackdrop, SourceBackdrop
from livecut.errors import DeviceLost, DeviceUnavailable, ImageError
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.settings.sections import ReplaceSettings
from livecut.sources import open_source
from livecut.types import Frame, Size

SIZE = Size(6, 4)


class Cameras:
    """Opens stand-ins for cameras: each picture is as bright as its number; `ends` pulls the plug."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.count = 0
        self.closed = 0
        self.ends = threading.Event()
        self.dead = False
        self.let_go = threading.Event()
        self.let_go.set()

    def open(self, text: str, *, size: Size | None = None) -> Cameras:
        self.opened.append(text)
        self.count = 0
        return self

    name, fps, live, size = "camera 1", 30.0, True, Size(12, 8)

    def read(self) -> Frame | None:
        time.sleep(0.001)
        if self.ends.is_set() or self.dead:
            raise DeviceLost("camera 1 is gone")
        self.count = min(self.count + 1, 200)
        return Frame(np.full((8, 12, 3), self.count, np.uint8), self.count, self.count)

    def close(self) -> None:
        self.let_go.wait(30.0)
        self.closed += 1


@pytest.fixture
def cameras(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cameras]:
    made = Cameras()
    monkeypatch.setattr(backdrops, "open_source", made.open)
    monkeypatch.setattr(backdrops, "_feeds", {})
    yield made
    made.let_go.set()
    all_closed()


def all_closed() -> None:
    """Those that nobody holds any more close aside."""
    for feed in backdrops._feeds.values():
        assert feed.ended and feed.wait(30.0)


def test_another_camera_is_shown_as_it_goes_on(cameras: Cameras) -> None:
    backdrop = build_backdrop(ReplaceSettings(background="camera:1"), SIZE)
    assert isinstance(backdrop, LiveBackdrop) and not backdrop.still
    first = int(backdrop.picture(0).max())
    assert backdrop.picture(0).shape == (4, 6, 3)
    while int(backdrop.picture(0).max()) <= first:
        time.sleep(0.001)
    backdrop.close()
    backdrop.close()
    all_closed()
    assert cameras.closed == 1


def test_the_next_plan_shares_it_and_the_last_one_closes_it(cameras: Cameras) -> None:
    settings = ReplaceSettings(background="screen:2")
    one, two = build_backdrop(settings, SIZE), build_backdrop(settings, SIZE)
    assert cameras.opened == ["screen:2"]
    one.close()
    assert two.picture(0).max() > 0 and cameras.closed == 0
    two.close()
    all_closed()
    assert cameras.closed == 1
    build_backdrop(settings, SIZE).close()
    assert cameras.opened == ["screen:2"] * 2


def test_letting_it_go_waits_for_nothing_and_opening_again_waits_for_its_end(
    cameras: Cameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed_when_opened: list[int] = []

    def noting(text: str, *, size: Size | None = None) -> Cameras:
        closed_when_opened.append(cameras.closed)
        return cameras.open(text, size=size)

    monkeypatch.setattr(backdrops, "open_source", noting)
    cameras.let_go.clear()
    one = build_backdrop(ReplaceSettings(background="camera:1"), SIZE)
    one.close()
    assert cameras.closed == 0
    threading.Timer(0.05, cameras.let_go.set).start()
    # perhaps the same camera by another name
    build_backdrop(ReplaceSettings(background="camera:Cam Link"), SIZE).close()
    assert closed_when_opened == [0, 1]


def test_a_plan_that_is_closed_meanwhile_does_not_end_what_the_next_one_was_given(
    cameras: Cameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ReplaceSettings(background="camera:1")
    earlier = build_backdrop(settings, SIZE)

    def made(*args: Any) -> LiveBackdrop:
        earlier.close()
        return LiveBackdrop(*args)

    monkeypatch.setattr(backdrops, "LiveBackdrop", made)
    later = build_backdrop(settings, SIZE)
    assert later.picture(0).max() > 0
    assert cameras.opened == ["camera:1"]
    later.close()


def test_what_is_open_is_closed_when_its_backdrop_cannot_be_made(
    cameras: Cameras, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*args: object, **options: object) -> None:
        raise MemoryError

    for name in ("LiveBackdrop", "SourceBackdrop"):
        monkeypatch.setattr(backdrops, name, failing)
    (tmp_path / "film.mp4").write_bytes(b"whatever: a stand-in opens it")
    monkeypatch.setattr(Cameras, "open", lambda self, text, **options: self)
    monkeypatch.setattr(backdrops, "open_source", cameras.open)
    for count, background in enumerate(("camera:1", str(tmp_path / "film.mp4")), start=1):
        with pytest.raises(MemoryError):
            build_backdrop(ReplaceSettings(background=background), SIZE)
        all_closed()
        assert cameras.closed == count


def test_nobody_waits_for_one_that_is_being_opened(cameras: Cameras, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = build_backdrop(ReplaceSettings(background="camera:1"), SIZE)
    begun, goes_on = threading.Event(), threading.Event()

    def slow(text: str, *, size: Size | None = None) -> Cameras:
        begun.set()
        assert goes_on.wait(30.0)
        return Cameras()

    monkeypatch.setattr(backdrops, "open_source", slow)
    built: list[Backdrop] = []
    builder = threading.Thread(
        target=lambda: built.append(build_backdrop(ReplaceSettings(background="camera:2"), SIZE))
    )
    builder.start()
    assert begun.wait(30.0)

    def end() -> None:
        shown.close()
        wait_for_feeds()
        backdrops._close_feeds()

    ending = threading.Thread(target=end)
    ending.start()
    ending.join(10.0)
    waits = ending.is_alive()
    goes_on.set()
    builder.join(30.0)
    ending.join(30.0)
    built[0].close()
    assert not waits and cameras.closed == 1


def test_cameras_are_closed_before_the_process_ends(cameras: Cameras) -> None:
    backdrop = build_backdrop(ReplaceSettings(background="camera:1"), SIZE)
    backdrops._close_feeds()
    assert cameras.closed == 1
    backdrop.close()


def test_the_same_video_goes_on_in_the_next_plan_unless_it_was_written_anew(
    cameras: Cameras, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"a stand-in opens it")
    sources: list[ListSource] = []

    def opened(text: str, *, loop: bool) -> ListSource:
        sources.append(ListSource(200, SIZE, fps=10.0))
        return sources[-1]

    monkeypatch.setattr(backdrops, "open_source", opened)
    settings = ReplaceSettings(background=str(path))

    def next_plans(earlier: SourceBackdrop) -> SourceBackdrop:
        later = build_backdrop(settings, SIZE)
        assert isinstance(later, SourceBackdrop)
        later.go_on_from(earlier)
        earlier.close()
        return later

    first = build_backdrop(settings, SIZE)
    assert isinstance(first, SourceBackdrop)
    for tenth in range(10):
        first.picture(tenth * 100_000_000)
    second = next_plans(first)
    assert second.picture(1_000_000_000).max() == 10
    assert [source.closed for source in sources] == [0, 1]
    path.write_bytes(b"another film")
    third = next_plans(second)
    assert third.picture(1_000_000_000).max() == 0
    third.close()
    assert [source.closed for source in sources] == [1, 1, 1]


def test_a_lost_one_is_opened_again_and_shared_in_between(cameras: Cameras, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecut.effects.backdrop._RETRY_S", 0.001)
    settings = ReplaceSettings(background="camera:Cam Link")
    backdrop = build_backdrop(settings, SIZE)
    cameras.ends.set()
    with pytest.raises(DeviceLost, match=r"^camera 1 is gone$"):
        while True:
            backdrop.picture(0)
    next_plans = build_backdrop(settings, SIZE)
    with pytest.raises(DeviceLost, match=r"^camera 1 is gone$"):
        next_plans.picture(0)
    cameras.ends.clear()
    for one in (backdrop, next_plans):
        while True:
            with contextlib.suppress(DeviceLost):
                assert one.picture(0).max() > 0
                break
        one.close()
    all_closed()
    assert cameras.closed == len(cameras.opened) > 1


def test_one_that_gives_nothing_is_refused(cameras: Cameras) -> None:
    cameras.dead = True
    with pytest.raises(DeviceLost, match=r"^camera 1 is gone$"):
        build_backdrop(ReplaceSettings(background="camera:0", fallback="card"), SIZE)


def test_a_camera_that_is_not_there_says_so() -> None:
    with pytest.raises(DeviceUnavailable, match="no file, camera or plug-in of that name"):
        build_backdrop(ReplaceSettings(background="camera:no such thing", fallback="card"), SIZE)


def test_what_cannot_be_opened_is_lost_where_there_is_a_fallback(
    tmp_path: Path, cameras: Cameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    cameras.dead = True
    for name, content in (("film.mp4", b"no film"), ("beach.jpg", b"\xff\xd8\xff no picture")):
        (tmp_path / name).write_bytes(content)
    for background, reason in (
        ("camera:0", r"^camera 1 is gone$"),
        (str(tmp_path / "beach.jpg"), "beach.jpg"),
        (str(tmp_path / "film.mp4"), "film.mp4"),
    ):
        if reason in background:
            monkeypatch.setattr(backdrops, "open_source", open_source)
        backdrop = build_backdrop(ReplaceSettings(background=background), SIZE)
        assert not backdrop.still
        for _ in range(2):
            with pytest.raises(DeviceLost, match=reason):
                backdrop.picture(0)
        backdrop.close()
        with pytest.raises((ImageError, DeviceLost), match=reason):
            build_backdrop(ReplaceSettings(background=background, fallback="card"), SIZE)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    wanted = ReplaceSettings(background=str(tmp_path / "pipe"), fallback="card")
    with pytest.raises(ImageError, match=r"pipe is no file$"):
        build_backdrop(wanted, SIZE)
    lost = build_backdrop(wanted.model_copy(update={"fallback": "blur"}), SIZE)
    with pytest.raises(DeviceLost, match=r"pipe is no file$"):
        lost.picture(0)


def test_what_is_neither_a_colour_nor_there_is_a_mistake_whatever_the_fallback() -> None:
    with pytest.raises(ImageError, match=r"^the background baech\.jpg is neither a colour nor a file$") as caught:
        build_backdrop(ReplaceSettings(background="baech.jpg"), SIZE)
    assert (
        caught.value.hint == f"write #rrggbb, a basic colour's name (red, navy, white) or a path, from {Path.cwd()} on"
    )
    with pytest.raises(
        ImageError, match=r"^the background rtsp://user:\.\.\.@host/cam is neither a colour nor a file$"
    ) as caught:
        build_backdrop(ReplaceSettings(background="rtsp://user:hunter2@host/cam"), SIZE)
    assert caught.value.__cause__ is caught.value.__context__ is None
    for nowhere in ("~nosuchuser/x.jpg", "a" * 5000):
        with pytest.raises(ImageError, match=r"is neither a colour nor a file$"):
            build_backdrop(ReplaceSettings(background=nowhere), SIZE)


def test_a_word_is_what_it_is_whatever_lies_in_the_working_folder(
    cameras: Cameras, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colours, cameras and screens; written as a path it is the file."""
    monkeypatch.chdir(tmp_path)
    for name in ("navy", "#123", "camera:1", "screen"):
        assert cv2.imwrite(f"{name}.png", np.full((4, 6, 3), 200, np.uint8))
        Path(f"{name}.png").rename(name)
    Path("red").mkdir()
    for name, colour in (("red", (0, 0, 255)), ("Navy", (128, 0, 0)), ("navy", (128, 0, 0)), ("#123", (51, 34, 17))):
        settings = apply(Settings(), {"source": {"input": name}, "effect": {"replace": {"background": name}}})
        backdrop = replace_table(settings, SIZE)["backdrop"]
        assert tuple(backdrop.picture(0)[0, 0]) == colour
    for name in ("camera:1", "screen"):
        backdrop = build_backdrop(ReplaceSettings(background=name), SIZE)
        assert isinstance(backdrop, LiveBackdrop)
        backdrop.close()
    for name in ("./navy", "./#123", "./camera:1", "./screen"):
        picture = build_backdrop(ReplaceSettings(background=name), SIZE).picture(0)
        assert (picture == 200).all()


@pytest.mark.parametrize(
    ("source", "background"),
    [
        ("0", "camera:0"),
        ("/dev/video1", "camera:1"),
        ("camera:Front", "camera:front"),
        ("Front", "camera:Front"),
        ("screen", "screen:1"),
        ("screen:2", "screen:02"),
    ],
)
def test_the_source_is_no_background(
    cameras: Cameras, source: str, background: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(background.replace("/", "")).touch()
    patch = {"source": {"input": source}, "effect": {"name": "replace", "replace": {"background": background}}}
    with pytest.raises(ImageError, match=r"is the source itself: your room would stand there as it is$"):
        replace_table(apply(Settings(), patch), SIZE)
    assert not cameras.opened


def test_the_sources_file_is_no_background_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, other = tmp_path / "film.png", tmp_path / "other.png"
    for path in (film, other):
        assert cv2.imwrite(str(path), np.zeros((4, 6, 3), np.uint8))
    (tmp_path / "link.png").symlink_to(film)
    (tmp_path / "hard.png").hardlink_to(film)
    monkeypatch.chdir(tmp_path)
    replace = {"name": "replace", "replace": {"background": str(film)}}
    for source in ("film.png", "link.png", "hard.png", str(film)):
        with pytest.raises(ImageError, match="is the source itself"):
            replace_table(apply(Settings(), {"source": {"input": source}, "effect": replace}), SIZE)
    for source in ("other.png", "demo", "0"):
        backdrop = replace_table(apply(Settings(), {"source": {"input": source}, "effect": replace}), SIZE)["backdrop"]
        backdrop.close()


@pytest.mark.skipif(sys.platform != "linux", reason="device nodes are Linux's")
def test_a_cameras_node_is_live(cameras: Cameras) -> None:
    backdrop = build_backdrop(ReplaceSettings(background="/dev/null"), SIZE)
    assert isinstance(backdrop, LiveBackdrop)
    assert cameras.opened == ["/dev/null"]
    backdrop.close()
