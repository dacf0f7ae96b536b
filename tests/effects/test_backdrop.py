"""Backdrops: what stands there when, and what happens when it is lost."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from support.fakes import ListSource

from livecut.effects.backdrop import ColourBackdrop, LiveFeed, PictureBackdrop, SourceBackdrop
from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.types import Frame, Size

SECOND = 1_000_000_000


def numbered(count: int, *, fps: float = 10.0, dies_at: int | None = None) -> ListSource:
    """Frame n is all n."""
    return ListSource(
        count, Size(8, 6), fps=fps, dies_at=dies_at, paint=lambda index, size: np.full((6, 8, 3), index, np.uint8)
    )


def shown(backdrop: SourceBackdrop, captured_ns: int) -> int:
    picture = backdrop.picture(captured_ns)
    assert picture.shape == (4, 6, 3)
    assert picture.min() == picture.max()
    return int(picture[0, 0, 0])


def test_a_colour_fills_the_frame() -> None:
    backdrop = ColourBackdrop(Size(6, 4), (1, 2, 3))
    assert (backdrop.picture(0) == [1, 2, 3]).all()
    assert backdrop.still


def test_a_picture_is_fitted_once() -> None:
    bgr = np.zeros((4, 12, 3), np.uint8)
    bgr[:, 3:9] = 200
    assert (PictureBackdrop(Size(6, 4), bgr).picture(0) == 200).all()
    contained = PictureBackdrop(Size(6, 4), bgr, "contain").picture(0)
    assert (contained[0] == 0).all() and contained[1].max() > 150
    assert PictureBackdrop(Size(6, 4), bgr).still


def test_a_video_runs_at_its_own_pace_however_often_it_is_asked() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(100, fps=10.0))
    start = time.monotonic_ns()
    tenths = [0, 0, 1, 1, 2, 4, 4, 5]
    assert [shown(backdrop, start + tenth * SECOND // 10) for tenth in tenths] == tenths
    assert not backdrop.still


def test_a_long_pause_is_not_caught_up_with() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(100, fps=10.0))
    assert shown(backdrop, 0) == 0
    assert shown(backdrop, 60 * SECOND) == 4
    assert shown(backdrop, 60 * SECOND + SECOND // 10) == 5


@pytest.mark.parametrize(("fps", "output_fps"), [(30, 30), (60, 30), (120, 25), (240, 30), (60, 12), (30, 6), (240, 5)])
def test_a_video_of_any_rate_keeps_its_pace(fps: int, output_fps: int) -> None:
    moments = Moments([index / fps for index in range(2 * fps + 1)])
    moments.fps = fps
    backdrop = SourceBackdrop(Size(6, 4), moments)
    for index in range(output_fps + 1):
        backdrop.picture(7 * SECOND + index * SECOND // output_fps)
    assert abs(moments.position_s - 1.0) < 1.5 / fps


class Moments:
    """Frame n is all n, and due at the n-th of these moments (s)."""

    name, size, fps, live = "moments", Size(8, 6), 30.0, False

    def __init__(self, moments: list[float]) -> None:
        self._moments, self._next = moments, 0

    @property
    def position_s(self) -> float:
        return self._moments[self._next - 1]

    def read(self) -> Frame | None:
        if self._next == len(self._moments):
            return None
        self._next += 1
        return Frame(np.full((6, 8, 3), (self._next - 1) % 256, np.uint8), self._next - 1, 0)

    def close(self) -> None:
        pass


def test_pictures_stand_as_long_as_their_own_times_say() -> None:
    backdrop = SourceBackdrop(Size(6, 4), Moments([0.0, 0.1, 0.5, 0.6, 2.0, 9.0]))
    tenths = [shown(backdrop, 7 * SECOND + tenth * SECOND // 10) for tenth in range(22)]
    assert tenths == [0, 1, 1, 1, 1, 2, *(3 for _ in range(14)), 4, 4]


def test_times_rounded_to_milliseconds_show_each_picture_once() -> None:
    backdrop = SourceBackdrop(Size(6, 4), Moments([round(index / 30, 3) for index in range(40)]))
    assert [shown(backdrop, index * SECOND // 30) for index in range(30)] == list(range(30))


def test_times_that_stand_still_end_a_call_all_the_same() -> None:
    moments = Moments([0.0] * 1000)
    backdrop = SourceBackdrop(Size(6, 4), moments)
    for index in range(30):
        backdrop.picture(index * SECOND // 30)
    assert moments._next < 200


def test_a_stall_reads_few_pictures_however_fast_the_video_is() -> None:
    moments = Moments([index / 240 for index in range(5000)])
    moments.fps = 240.0
    backdrop = SourceBackdrop(Size(6, 4), moments)
    for captured_ns in (0, 3600 * SECOND):
        backdrop.picture(captured_ns)
    assert moments._next <= math.ceil(240 / 4) + 2


def test_after_a_rest_it_goes_on_where_it_stands() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(100, fps=10.0))
    assert [shown(backdrop, tenth * SECOND // 10) for tenth in (0, 1, 2)] == [0, 1, 2]
    backdrop.rest()
    assert [shown(backdrop, 99 * SECOND + tenth * SECOND // 10) for tenth in (0, 1)] == [2, 3]


def test_the_same_video_goes_on_in_the_next_plan_and_the_fresh_one_is_closed() -> None:
    sources = [numbered(100, fps=10.0), numbered(100, fps=10.0)]
    earlier, later = (SourceBackdrop(Size(6, 4), source, what="film") for source in sources)
    assert [shown(earlier, tenth * SECOND // 10) for tenth in (0, 3, 5)] == [0, 3, 5]
    assert shown(later, 0) == 0
    later.go_on_from(earlier)
    earlier.close()
    assert [source.closed for source in sources] == [0, 1]
    assert [shown(later, tenth * SECOND // 10) for tenth in (5, 6)] == [5, 6]
    later.close()
    later.close()
    assert [source.closed for source in sources] == [1, 1]


@pytest.mark.parametrize("other", ["unnamed", "file", "size", "fit", "lost", "closed", "colour"])
def test_another_video_begins_at_its_beginning(other: str) -> None:
    size = Size(6, 8) if other == "size" else Size(6, 4)
    source = numbered(100, fps=10.0, dies_at=4 if other == "lost" else None)
    what = {"unnamed": None, "file": "another film"}.get(other, "film")
    earlier = SourceBackdrop(size, source, "contain" if other == "fit" else "cover", what=what)
    earlier.picture(0)
    if other == "lost":
        with pytest.raises(DeviceLost):
            earlier.picture(SECOND // 2)
    if other == "closed":
        earlier.close()
    later = SourceBackdrop(Size(6, 4), numbered(100, fps=10.0), what=None if other == "unnamed" else "film")
    later.go_on_from(ColourBackdrop(size, (1, 2, 3)) if other == "colour" else earlier)
    earlier.close()
    assert source.closed == 1
    assert shown(later, SECOND // 2) == 0


def test_a_clock_that_goes_back_goes_on_from_the_picture_that_stands() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(100, fps=10.0))
    assert shown(backdrop, 50 * SECOND) == 0
    assert shown(backdrop, 50 * SECOND + 3 * SECOND // 10) == 3
    assert shown(backdrop, SECOND) == 3
    assert shown(backdrop, SECOND + 2 * SECOND // 10) == 5


def test_once_lost_it_stays_lost() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(100, fps=10.0, dies_at=2))
    assert shown(backdrop, 0) == 0
    for _ in range(3):
        with pytest.raises(DeviceLost, match=r"^the camera was unplugged$"):
            backdrop.picture(SECOND // 2)


def test_one_that_cannot_be_opened_for_its_next_round_is_lost_for_good() -> None:
    source = numbered(100, fps=10.0)
    backdrop = SourceBackdrop(Size(6, 4), source)
    assert shown(backdrop, 0) == 0
    rounds = 0

    def gone() -> Frame | None:
        nonlocal rounds
        rounds += 1
        raise DeviceUnavailable("film.mp4 cannot be opened", hint="put it back")

    source.read = gone  # type: ignore[method-assign]
    for _ in range(3):
        with pytest.raises(DeviceLost, match=r"^film\.mp4 cannot be opened$") as caught:
            backdrop.picture(SECOND)
        assert caught.value.hint == "put it back"
    assert rounds == 1


def test_an_end_is_a_loss_too() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(2, fps=10.0))
    assert shown(backdrop, 0) == 0
    for _ in range(2):
        with pytest.raises(DeviceLost, match=r"^the background list has ended$") as error:
            backdrop.picture(SECOND)
        assert error.value.hint == "choose one that can be looped"


def test_closing_twice_closes_the_source_once() -> None:
    source = numbered(3)
    backdrop = SourceBackdrop(Size(6, 4), source)
    backdrop.close()
    backdrop.close()
    assert source.closed == 1


def test_frames_of_the_source_are_not_written_on() -> None:
    frames: list[Frame] = []
    source = numbered(3)
    read = source.read

    def kept() -> Frame | None:
        frame = read()
        assert frame is not None
        frame.bgr.flags.writeable = False
        frames.append(frame)
        return frame

    source.read = kept  # type: ignore[method-assign]
    assert shown(SourceBackdrop(Size(6, 4), source), 0) == 0
    assert len(frames) == 1


class Held:
    """A live source that gives one picture and is then held up, in reading and in closing, until it is let go."""

    name, size, fps, live = "held", Size(8, 6), 30.0, True

    def __init__(self) -> None:
        self.let_go, self.closed = threading.Event(), threading.Event()
        self._given = 0

    def read(self) -> Frame | None:
        if self._given:
            self.let_go.wait(30.0)
        self._given += 1
        return Frame(np.zeros((6, 8, 3), np.uint8), self._given, self._given)

    def close(self) -> None:
        self.let_go.wait(30.0)
        self.closed.set()


def test_letting_a_live_source_go_does_not_wait_for_it() -> None:
    source = Held()
    feed = LiveFeed(source)
    feed.release()
    assert feed.ended and not source.closed.is_set()
    assert not feed.wait(0.0)
    source.let_go.set()
    assert feed.wait(30.0) and source.closed.is_set()


def test_what_has_ended_cannot_be_held() -> None:
    source = Held()
    feed = LiveFeed(source)
    assert feed.hold()
    feed.release()
    assert not feed.ended and feed.newest().index == 1
    feed.release()
    assert not feed.hold()
    with pytest.raises(DeviceLost, match=r"^the background held is closed$"):
        feed.newest()
    source.let_go.set()
    assert feed.wait(30.0)


def test_one_that_comes_back_while_its_loss_is_told_tells_it_all_the_same() -> None:
    source = Held()
    feed = LiveFeed(source)

    class Racing(LiveFeed):
        """The loss is over the second time it is looked at."""

        looks = 0

        @property
        def _lost(self) -> DeviceLost | None:
            self.looks += 1
            return DeviceLost("gone", hint="plug it in") if self.looks == 1 else None

        @_lost.setter
        def _lost(self, lost: DeviceLost | None) -> None:
            pass

    feed.__class__ = Racing
    with pytest.raises(DeviceLost, match=r"^gone$"):
        feed.newest()
    source.let_go.set()
    feed.release()
    assert feed.wait(30.0)


class Failing:
    """A live source that gives one picture and is gone; opened again it fails as nobody foresaw, and then works."""

    name, size, fps, live = "camera 1", Size(8, 6), 30.0, True

    def __init__(self, pictures: int = 1) -> None:
        self.left = pictures

    def read(self) -> Frame | None:
        if not self.left:
            raise DeviceLost("camera 1 is gone")
        self.left -= 1
        time.sleep(0.001)
        return Frame(np.zeros((6, 8, 3), np.uint8), self.left, 0)

    def close(self) -> None:
        if not self.left:
            raise OSError("no such device")


def test_a_failure_that_nobody_foresaw_does_not_end_the_attempts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("livecut.effects.backdrop._RETRY_S", 0.001)
    gone = OSError("no such device")
    answers: Iterator[OSError | Failing] = iter([gone, gone, Failing(1_000_000)])

    def reopen() -> Failing:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    feed = LiveFeed(Failing(), reopen=reopen)
    deadline = time.monotonic() + 30.0
    while not _gives(feed) and time.monotonic() < deadline:
        time.sleep(0.001)
    assert feed.hold() and feed.newest().index > 1
    assert caplog.messages.count("the background camera 1 cannot be opened again: no such device") == 1
    feed.end()
    assert feed.wait(30.0)


def _gives(feed: LiveFeed) -> bool:
    try:
        return feed.newest().index > 1
    except DeviceLost:
        return False


def test_what_nobody_reads_any_more_cannot_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecut.effects.backdrop._RETRY_S", 0.001)
    monkeypatch.setattr(threading, "excepthook", lambda args: None)

    def reopen() -> Failing:
        raise SystemExit

    feed = LiveFeed(Failing(), reopen=reopen)
    assert feed.wait(30.0)
    assert not feed.hold()


class Lamp(Failing):
    """A camera that can be seen to film."""

    def __init__(self) -> None:
        super().__init__(1_000_000_000)
        self.is_on = True

    def close(self) -> None:
        self.is_on = False


def test_what_nobody_asks_for_is_closed_until_somebody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecut.effects.backdrop._IDLE_S", 0.2)
    lamps = [Lamp()]

    def reopen() -> Lamp:
        lamps.append(Lamp())
        return lamps[-1]

    def until(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30.0
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.002)

    feed = LiveFeed(lamps[0], reopen=reopen)
    time.sleep(0.4)
    assert lamps[0].is_on, "the first plan may take its time"
    for times in (1, 2):
        until(lambda: _gives(feed))
        assert len(lamps) == times
        until(lambda: not lamps[-1].is_on)
        time.sleep(0.5)
        assert len(lamps) == times, "it stays closed"
        with pytest.raises(DeviceLost, match="is being opened again"):
            feed.newest()
    until(lambda: _gives(feed))
    feed.release()
    assert feed.wait(30.0)
    assert not any(lamp.is_on for lamp in lamps)


def test_one_that_rests_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecut.effects.backdrop._IDLE_S", 0.05)
    lamp = Lamp()
    feed = LiveFeed(lamp, reopen=Lamp)
    feed.newest()
    deadline = time.monotonic() + 30.0
    while lamp.is_on:
        assert time.monotonic() < deadline
    feed.end()
    assert feed.wait(5.0)
