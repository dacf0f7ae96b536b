"""What is measured: one size, one effect, one device."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from livecut.app.mistakes import mistakes
from livecut.errors import SettingsError
from livecut.settings import Settings
from livecut.settings.load import apply, assignment
from livecut.types import Size

__all__ = ["EFFECTS", "SIZES", "Case", "announced", "cases"]

EFFECTS = ("blur", "bokeh", "replace")
SIZES = ("1280x720", "1920x1080")


@dataclass(frozen=True, slots=True)
class Case:
    """One measurement; everything that is not named has the value that livecut ships."""

    size: Size
    effect: str = "blur"
    device: str = "auto"
    assignments: tuple[str, ...] = ()
    """Further settings, `path=value`."""
    frames: int = 150
    """Measured one by one, after `warm_up` others."""
    warm_up: int = 15
    live_s: float = 4.0
    """How long the live pipeline runs for age and memory; 0 leaves both out."""
    fps: float = 30.0
    """Of the live pipeline's source."""
    versus_ordinary: bool = False

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.effect} {self.size}"

    def settings(self) -> Settings:
        """The whole tree; raises `LivecutError` for what cannot be run, and where two ways could not be compared."""
        settings = Settings()
        for text in self.assignments:
            settings = apply(settings, assignment(text))
        patch = {
            "source": {"input": "demo", "pace": "realtime", "fps": self.fps},
            "output": {"sinks": ["null"], "size": self.size, "fps": self.fps},
            "effect": {"name": self.effect},
            "device": self.device,
            # What is measured is what was asked for, however busy the machine is.
            "governor": {"enabled": False},
        }
        settings = apply(settings, patch)
        for mistake in mistakes(settings):
            if mistake.counts:
                raise mistake.error
        rests = settings.motion_gate.enabled or max(settings.matte.stride, settings.depth.stride) > 1
        if self.versus_ordinary and rests:
            raise SettingsError(
                "--vs compares one inference a frame", hint="leave matte.stride, depth.stride and the motion gate alone"
            )
        return settings


def announced(chosen: Sequence[Case]) -> str:
    """One line that says what will be measured, and for how long."""
    first = chosen[0]
    labels = ", ".join(dict.fromkeys(case.label for case in chosen))
    beside = " beside the ordinary way" if first.versus_ordinary else ""
    live = f" and {first.live_s:g} s live" if first.live_s > 0 else ""
    each = "each " if len(chosen) > 1 else ""
    return (
        f"measuring {labels} on a moving portrait{beside}: {each}{first.frames} frames one by one{live} "
        "(on the very first run kernels compile for a minute before that)"
    )


def cases(
    sizes: Sequence[str], effects: Sequence[str], devices: Sequence[str], *, template: Case | None = None
) -> list[Case]:
    """All combinations. Nothing named: the table of `SIZES` and `EFFECTS`; one named: the first of the other."""
    nothing = not sizes and not effects
    sizes = sizes or (SIZES if nothing else SIZES[:1])
    effects = effects or (EFFECTS if nothing else EFFECTS[:1])
    given = template or Case(Size(1, 1))
    made = []
    for device, size, effect in itertools.product(devices or ("auto",), sizes, effects):
        parsed = apply(Settings(), {"output": {"size": size}}).output.size
        assert parsed is not None
        made.append(replace(given, size=parsed, effect=effect, device=device))
    return made
