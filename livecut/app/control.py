"""What a running filter does when it is asked from elsewhere, and what it says of itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from livecut.app.mailbox import Answer
from livecut.app.snapshot import write_still
from livecut.errors import DeviceLost, RoomNotMeant, SettingsError
from livecut.paths import without_secrets
from livecut.settings.live import chooses_room, shows_room

if TYPE_CHECKING:
    from livecut.app.session import Session

__all__ = ["SLOW", "answers", "state"]

SLOW: Final = ("still", "set", "preset")
"""What is asked for that may take its time."""


def answers(session: Session) -> dict[str, Answer]:
    """By what is asked for: `still`, `privacy`, `set`, `preset`, `status`, `stop`."""

    def still(request: Mapping[str, Any]) -> None:
        if session.is_private:
            raise DeviceLost("no picture: the privacy card is shown", hint="livecut control show")
        path, burst = Path(request["path"]), int(request["burst"])
        write_still(session.snapshots, path, session.settings, burst=burst, opens=session.rests)

    def privacy(request: Mapping[str, Any]) -> bool:
        on = request["on"]
        if on is not None and not isinstance(on, bool):
            raise SettingsError("the privacy card is on, off, or (null) the other of both")
        session.set_privacy(not session.is_private if on is None else on)
        return session.is_private

    def change(request: Mapping[str, Any]) -> None:
        session.apply(dict(request["patch"]))

    def preset(request: Mapping[str, Any]) -> None:
        name = str(request["name"])
        try:
            # Over what the filter was started with one may show the raw picture that names something else alone.
            session.apply_preset(name, reveal=chooses_room(session.settings.presets.get(name, {})))
        except RoomNotMeant as error:
            raise RoomNotMeant(
                f"over the settings of the start preset {name} shows the raw picture",
                hint="livecut control set effect.name=none, if that is meant",
            ) from error

    def status(request: Mapping[str, Any]) -> dict[str, Any]:
        return state(session)

    def stop(request: Mapping[str, Any]) -> None:
        session.request_stop()

    return {"still": still, "privacy": privacy, "set": change, "preset": preset, "status": status, "stop": stop}


def state(session: Session) -> dict[str, Any]:
    """How the filter fares, as JSON can hold it; nothing in it is a picture or a secret."""
    settings, seen = session.settings, session.status()
    return {
        "pid": os.getpid(),
        "effect": settings.effect.name,
        "preset": session.preset,
        "private": session.is_private,
        "room": shows_room(settings),
        "starting": session.is_starting,
        "source": session.source_name,
        "outputs": [without_secrets(sink) for sink in settings.output.sinks],
        "size": str(session.size),
        "network": session.label,
        "quality": session.quality,
        "instead": seen.instead,
        "fault": seen.last_fault,
        "faults": seen.faults,
        "cards": seen.cards,
        "dropped": seen.dropped,
        "ended_outputs": list(seen.ended_sinks),
        "fps": {"in": seen.fps_in, "out": seen.fps_out, "new": seen.fps_new},
        "age_ms": {"p50": seen.age.p50_ms, "p95": seen.age.p95_ms},
        "stages_ms": {name: times.p50_ms for name, times in seen.stages.items()},
    }
