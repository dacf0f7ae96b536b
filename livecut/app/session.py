"""A running filter with a control surface: start, change while it runs, look at it, stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from livecut.app.card import paint_card
from livecut.app.latest import Latest
from livecut.app.mistakes import refuse_mistakes, refuse_start, wrong_names
from livecut.app.opening import build_source, open_outputs, rests_unwatched, timing_for
from livecut.app.snapshot import SnapshotSink
from livecut.errors import DeviceUnavailable, LivecutError, RoomNotMeant
from livecut.pipeline.meter import Meter, Snapshot
from livecut.pipeline.pipeline import Pipeline
from livecut.pipeline.plan import AnyPlan
from livecut.protocols import Sink
from livecut.settings import Settings
from livecut.settings.live import check_change, shows_room
from livecut.settings.load import Patch, apply, assignment, preset_named, presets_over
from livecut.types import Size

if TYPE_CHECKING:
    from livecut.app.workshop import Workshop
    from livecut.sinks.window import Key

__all__ = ["Session"]

log = logging.getLogger(__name__)

_PATIENCE_S = 3.0
_LOOK_S = 0.25
_JOIN_S = 0.5
_CHANGE_S = 2.0
"""A change takes a tenth of this, and more on a busy machine."""
_STARTING = "starting"
_MIRRORED, _PLAIN = "output.mirror=true", "output.mirror=false"
_PREPARING = "still preparing%s: kernels compile on the very first run (under a minute)"


class Session:
    """The live filter. `run` blocks until it ends; `start` and `stop` do the same on a thread of their own.

    The constructor raises what the settings name that there is not, opens the source and raises what is wrong with it;
    outputs are opened by the thread that runs. The privacy card stands at the outputs until networks and kernels are
    ready, which happens in the background and begins when the card is there; the thread that built the first plan then
    watches how the pipeline fares and, where the machine is too busy, gives quality.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        frame_limit: int | None = None,
        extra_sinks: Sequence[Sink] = (),
        taps: Sequence[Sink] = (),
        base: Settings | None = None,
        broken: Mapping[str, LivecutError] | None = None,
        preset_order: Sequence[str] | None = None,
    ) -> None:
        """`taps` see every picture, as sinks do, but keep no run alive whose sinks have ended.

        `base` is what presets are laid over, where `settings` have one in them already; `broken` is what whoever asks
        for a preset is told that was left out. `preset_order` has the names of both, as number keys choose them.
        """
        self._settings = settings
        self._presets = presets_over(base or settings, check=wrong_names)
        self._broken = broken or {}
        self._on_keys = tuple(self._presets if preset_order is None else preset_order)
        refuse_start(settings, self._presets)
        self._lock, self._begin_lock = threading.Lock(), threading.Lock()
        self._has_begun = False
        self.snapshots = SnapshotSink()
        self._extra_sinks = tuple(extra_sinks)
        self._sinks: tuple[Sink, ...] = ()
        self._plan_label = _STARTING
        self._thread: threading.Thread | None = None
        self._thread_error: BaseException | None = None
        self.meter = Meter()
        self._workshop: Workshop | None = None
        self._stopping, self._at_rest = threading.Event(), threading.Event()
        self._at_rest.set()
        self._pressed = Latest(self._choose, name="livecut-preset", stopping=self._stopping)
        self._turned = Latest(self._mirror, name="livecut-mirror", stopping=self._stopping)
        self._control: threading.Thread | None = None
        opened = build_source(settings, wait=self._stopping.wait)
        source = opened.source
        try:
            self.size: Size = settings.output.size or source.size
            self.timing = timing_for(settings, source, paced=opened.paced)
            card = paint_card(settings.privacy, self.size)
            self._pipeline = Pipeline(
                source=source,
                open_sinks=self._open_sinks,
                card=card,
                timing=self.timing,
                meter=self.meter,
                taps=(self.snapshots, *taps),
                reopen=opened.reopen,
                frame_limit=opened.frame_limit if frame_limit is None else frame_limit,
                on_demand=rests_unwatched(settings, opened),
            )
        except BaseException:
            source.close()
            raise
        self.source_name = source.name

    def __enter__(self) -> Session:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def settings(self) -> Settings:
        """The tree in force, as the user wants it: what the governor gives is not in it."""
        return self._settings

    @property
    def label(self) -> str:
        """Network and execution provider that really run."""
        return self._plan_label

    @property
    def is_starting(self) -> bool:
        """True until the first plan is there: the card is shown, whatever the effect; nothing yet where lossless."""
        return self._plan_label == _STARTING

    @property
    def quality(self) -> str:
        """What the governor has given to keep the rate; empty at full quality."""
        return self._workshop.quality if self._workshop is not None else ""

    def run(self) -> None:
        """Run on this thread until the source ends or `stop`; raises the first thing that failed."""
        self._is_first_to_begin()
        try:
            self._pipeline.run()
        finally:
            self.request_stop()
            if self._control is not None:
                self._control.join(_JOIN_S)
            # A process that ends while a thread is in a kernel is aborted: whoever changes something is waited for.
            self._at_rest.wait(_CHANGE_S)
            if self._workshop is not None:
                self._workshop.close()

    def start(self) -> None:
        """Run on a thread of its own."""
        if self._thread is not None:
            raise ValueError("the session was started already")
        self._is_first_to_begin()
        self._thread = threading.Thread(target=self._run_guarded, name="livecut-session", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; raises the first thing that failed in a run begun by `start`. Idempotent."""
        self.request_stop()
        if self._is_first_to_begin():
            self._pipeline.discard()
        self.join()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for a run begun by `start` to end; True when it has. Raises the first thing that failed."""
        if self._thread is not None:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                return False
        if self._thread_error is not None:
            error, self._thread_error = self._thread_error, None
            raise error
        return True

    def request_stop(self) -> None:
        """Ask the run to end and return at once."""
        self._stopping.set()
        self._pipeline.stop()

    def apply(self, patch: Patch, *, reveal: bool = True) -> None:
        """Change settings while it runs: decode, build and warm a plan beside the running one, swap.

        Raises `LivecutError`, and then nothing has changed. What is not in `settings.live.LIVE` needs a new session.
        Without `reveal` a change that would show the raw picture, where it is hidden, raises `RoomNotMeant`.
        When it returns from a change that no longer shows the raw picture, none is shown.
        """
        with self._lock:
            settings = apply(self._settings, patch)
            refuse_mistakes(patch, settings)
            self._change(settings, reveal=reveal)

    @property
    def presets(self) -> Mapping[str, Settings]:
        """What each preset makes of the settings that this began with, by its name."""
        return self._presets

    @property
    def preset(self) -> str:
        """The preset whose settings are in force, down to the last; empty where none is."""
        return next((name for name, settings in self._presets.items() if settings == self._settings), "")

    def apply_preset(self, name: str, *, reveal: bool = True) -> None:
        """Change to what that preset makes of the settings that this began with, as `apply` does.

        What was changed since is undone, so that it does not matter which preset was chosen before.
        """
        if name in self._broken:
            raise self._broken[name]
        preset_named(name, self._settings)
        with self._lock:
            self._change(self._presets[name], reveal=reveal)

    def _change(self, settings: Settings, *, reveal: bool = True) -> None:
        """What `apply` does, for who holds the lock."""
        self._at_rest.clear()
        try:
            if self._stopping.is_set():
                raise DeviceUnavailable("the filter has ended")
            self._changed_to(settings, reveal=reveal)
        finally:
            self._at_rest.set()

    def _changed_to(self, settings: Settings, *, reveal: bool) -> None:
        before = self._settings
        check_change(before, settings)
        if not reveal and shows_room(settings) and not shows_room(before):
            raise RoomNotMeant("this shows the raw picture")
        privacy = settings.privacy
        card = paint_card(privacy, self.size) if privacy != before.privacy else None
        plan = self._opened_workshop().plan(settings)
        self._settings = settings
        self._adopt(plan, hides_more=shows_room(before) and not shows_room(settings))
        if card is not None:
            self._pipeline.protect(card, privacy.max_age_ns)

    @property
    def begun(self) -> threading.Event:
        """Set when the first card is at the outputs, or none is needed, and when the run is over."""
        return self._pipeline.begun

    @property
    def rests(self) -> bool:
        """True while the source is closed because nobody looks (`output.on_demand`)."""
        return self._pipeline.rests

    @property
    def is_private(self) -> bool:
        """True while the privacy card was asked for."""
        return self._pipeline.privacy.is_set()

    def set_privacy(self, on: bool) -> None:
        """Show the privacy card, or the picture again."""
        if on:
            self._pipeline.privacy.set()
        else:
            self._pipeline.privacy.clear()

    def toggle_privacy(self) -> None:
        """Privacy card on or off. Safe in a signal handler."""
        self.set_privacy(not self.is_private)

    def status(self) -> Snapshot:
        """Rates, ages, stage times and counters of the last seconds."""
        return self.meter.snapshot()

    def _is_first_to_begin(self) -> bool:
        """True once: who stops what has never run must close the source."""
        with self._begin_lock:
            first, self._has_begun = not self._has_begun, True
            return first

    def _opened_workshop(self) -> Workshop:
        if self._workshop is None:
            # Here, not above: what it reads takes longer than the privacy card may be waited for.
            from livecut.app.workshop import Workshop

            self._workshop = Workshop(
                self.size, self.meter, source=lambda: self._pipeline.frame_size,
                rate=self.timing.fps, governed=not self.timing.lossless,
            )  # fmt: skip
            if self._stopping.is_set():
                # The run may have been over before there was anything to close. What is lent comes back to be released.
                self._workshop.close()
        return self._workshop

    def _adopt(self, plan: AnyPlan, *, hides_more: bool = False) -> None:
        self._plan_label = plan.label
        self._pipeline.swap(plan, hides_more=hides_more)

    def _prepare_and_govern(self) -> None:
        try:
            self._pipeline.begun.wait()
            if self._stopping.is_set():
                return
            for sink in self._sinks:
                if prepare := getattr(sink, "prepare", None):
                    prepare()
            self._first_plan()
            while not (self.timing.lossless or self._stopping.wait(_LOOK_S)):
                with self._lock:
                    plan = self._opened_workshop().watch(self.meter.totals())
                    if plan is not None:
                        self._adopt(plan)
        except Exception as error:
            self._pipeline.fail(error)

    def _first_plan(self) -> None:
        shown = "" if self.timing.lossless else ", the privacy card is shown"
        patience = threading.Timer(_PATIENCE_S, log.warning, [_PREPARING, shown])
        patience.daemon = True
        patience.start()
        try:
            with self._lock:
                self._adopt(self._opened_workshop().plan(self._settings))
        finally:
            patience.cancel()

    def _run_guarded(self) -> None:
        try:
            self.run()
        except BaseException as error:
            self._thread_error = error

    def _open_sinks(self) -> Sequence[Sink]:
        try:
            outputs = open_outputs(self._settings, self.size, self.timing.fps, on_key=self._on_key)
        except BaseException:
            for sink in self._extra_sinks:
                sink.close()
            raise
        self._sinks = (*outputs, *self._extra_sinks)
        # Only now: where there is no output, nothing needs to be built.
        self._control = threading.Thread(target=self._prepare_and_govern, name="livecut-build", daemon=True)
        self._control.start()
        return self._sinks

    def _on_key(self, key: Key) -> None:
        """Keys of the preview window; runs on the output thread, so what takes time goes elsewhere."""
        if key == "q":
            self.request_stop()
        elif key == "space":
            self.toggle_privacy()
        elif key == "m":
            # Of what will be once all that was pressed before is done.
            turned = self._turned.asked
            mirrored = self._settings.output.mirror if turned is None else turned == _MIRRORED
            self._turned.ask(_PLAIN if mirrored else _MIRRORED)
        elif int(key) <= len(self._on_keys):
            self._press_preset(self._on_keys[int(key) - 1])

    def _press_preset(self, name: str) -> None:
        """A key is pressed by accident sooner than a name is typed: none shows the raw picture."""
        if name in self._broken:
            log.warning("preset %s is left out: %s", name, self._broken[name].message)
            return
        if shows_room(self._presets[name]):
            log.warning("preset %s shows the raw picture: no key does, choose it with --preset or the panel", name)
            return
        self._pressed.ask(name)

    def _choose(self, name: str) -> None:
        self.apply_preset(name)
        log.info("preset %s", name)

    def _mirror(self, assigned: str) -> None:
        with self._lock:
            settings = apply(self._settings, assignment(assigned))
            if settings != self._settings:  # turned there and back meanwhile
                self._change(settings)
