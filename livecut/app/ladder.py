"""The ladder of quality: what gives when the machine is too busy, each rung a patch over the user's settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from livecut.app.build import chosen_networks
from livecut.inference.spec import ModelSpec
from livecut.inference.store import chosen_by_name
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.settings.load import Patch, apply, nested

__all__ = ["FULL", "Rung", "ladder", "printed"]


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of quality, with all that was given before it."""

    name: str
    """What it gives, for people."""
    patch: Patch
    """All that differs from the user's own settings."""

    def over(self, settings: Settings) -> Settings:
        """The user's settings with this rung laid over them."""
        return apply(settings, self.patch) if self.patch else settings


FULL: Final = Rung("full quality", {})
"""The top of every ladder: the user's settings as they are."""


def ladder(settings: Settings, needs: frozenset[Need]) -> tuple[Rung, ...]:
    """The rungs there are for a plan with these settings and needs, full quality first.

    What is seen least goes first. A rung that would change nothing, or better what the user has set, is left out.
    """
    rungs = [FULL]
    for name, patch in _steps(settings, needs):
        rungs.append(Rung(name, _with(rungs[-1].patch, patch)))
    return tuple(rungs[: settings.governor.max_steps + 1])


def printed(rungs: tuple[Rung, ...]) -> str:
    """The whole ladder in one line."""
    return ", ".join(f"{number} {rung.name}" for number, rung in enumerate(rungs))


def _steps(settings: Settings, needs: frozenset[Need]) -> Iterator[tuple[str, Patch]]:
    matte, shown = settings.matte, _effects(settings)
    has_matte = Need.MATTE in needs
    networks = chosen_networks(settings, needs)
    depth_apart = any(wanted == {Need.DEPTH} for _, wanted in networks)
    if has_matte and matte.refine == "guided":
        yield "edges on half the grid", nested("matte.refine", "guided-half")
    if "bokeh" in shown and settings.effect.bokeh.quality == "full":
        yield "coarser discs", nested("effect.bokeh.quality", "draft")
    if depth_apart and settings.depth.stride < 2:
        yield "depth of every 2nd frame", nested("depth.stride", 2)
    if "replace" in shown and matte.decontaminate:
        yield "rim in the room's colour", nested("matte.decontaminate", False)
    for spec, _ in networks:
        lighter = _lighter(spec)
        if lighter is not None and spec.name == settings.model.name:
            yield f"network {lighter.name}", nested("model.name", lighter.name)
    if has_matte and matte.stride < 2:
        yield "matte of every 2nd frame", nested("matte.stride", 2)
    if has_matte and matte.refine != "bilinear":
        yield "edges not followed", nested("matte.refine", "bilinear")
    if depth_apart and settings.depth.stride < 3:
        yield "depth of every 3rd frame", nested("depth.stride", 3)
    if has_matte and matte.stride < 3:
        yield "matte of every 3rd frame", nested("matte.stride", 3)


def _effects(settings: Settings) -> set[str]:
    effect = settings.effect
    return {effect.split.before, effect.split.after} if effect.name == "split" else {effect.name}


def _lighter(spec: ModelSpec) -> ModelSpec | None:
    """The largest shipped network of the same kind that sees fewer pixels; none for networks of other projects."""
    if not spec.shipped:
        return None
    pixels = spec.input.width * spec.input.height
    others = [
        row
        for row in chosen_by_name().values()
        if row.shipped and row.task == spec.task and row.input.width * row.input.height < pixels
    ]
    return max(others, key=lambda row: row.input.width * row.input.height, default=None)


def _with(below: Patch, above: Patch) -> Patch:
    merged = dict(below)
    for key, value in above.items():
        earlier = merged.get(key)
        merged[key] = _with(earlier, value) if isinstance(earlier, dict) and isinstance(value, dict) else value
    return merged
