"""What settings name that there is not, as far as it is seen at once: effects, outputs, networks, files.

Nothing here is slow or heavy: it is looked at before the privacy card stands.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from livecut import plugins
from livecut.colours import is_colour
from livecut.errors import ImageError, LivecutError, ModelError, SettingsError
from livecut.paths import absent_hint, existing, expanded, is_like_address, without_secrets
from livecut.settings import Settings
from livecut.settings.layers import ClockSettings, TextSettings
from livecut.settings.live import leaves
from livecut.settings.load import Patch
from livecut.settings.sections import EffectSettings
from livecut.sinks import unknown_sink
from livecut.sources import is_live_name, is_same_source
from livecut.spelling import nearest

__all__ = [
    "Mistake",
    "absent_background",
    "font_error",
    "mistakes",
    "refuse_mistakes",
    "refuse_start",
    "source_as_background",
    "wrong_names",
]

log = logging.getLogger(__name__)

_BUILT_IN = frozenset(EffectSettings.model_fields) - {"name", "plugin"} | {"none"}
_NEED_MATTE = frozenset({"blur", "bokeh", "replace", "green", "cutout", "matte"})
_NEED_DEPTH = frozenset({"bokeh", "depth"})
"""As far as it is known without the effects' libraries."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A setting that names what there is not."""

    path: str
    error: LivecutError
    counts: bool
    """Whether it is in use: if not, all goes well until it is."""

    @property
    def told(self) -> str:
        """What is wrong, where the path has been said."""
        return self.error.message.removeprefix(f"{self.path}: ")


def mistakes(settings: Settings) -> Iterator[Mistake]:
    """All that are seen without opening anything."""
    effect, layers = settings.effect, settings.layers
    shown = {effect.name} | ({effect.split.before, effect.split.after} if effect.name == "split" else set())
    in_use = {
        "effect.name": True,
        "effect.split.before": effect.name == "split",
        "effect.split.after": effect.name == "split",
        **_networks_in_use(settings, shown),
    }
    for path, error in wrong_names(settings):
        yield Mistake(path, error, in_use[path])
    for name, unread in _tables_for_none(effect.plugin):
        # A table for what another machine has does no harm.
        yield Mistake(f"effect.plugin.{name}", unread, counts=False)
    wrong = absent_background(effect.replace.background) or source_as_background(settings)
    if wrong is not None:
        yield Mistake("effect.replace.background", wrong, "replace" in shown)
    if (picture := layers.image.path) and existing(picture) is None:
        absent = f"layers.image.path: {without_secrets(picture)}: no such file"
        yield Mistake("layers.image.path", ImageError(absent, hint=absent_hint(picture)), counts=True)
    fonts: tuple[tuple[str, TextSettings | ClockSettings, bool], ...] = (
        ("layers.text.font", layers.text, bool(layers.text.text.strip())),
        ("layers.clock.font", layers.clock, layers.clock.show),
    )
    for path, table, counts in fonts:
        # A bare name is looked for in the system's folders, which takes its time.
        if "/" in table.font and existing(table.font) is None:
            yield Mistake(path, font_error(path, table.font), counts)


def _networks_in_use(settings: Settings, shown: set[str]) -> dict[str, bool]:
    """Whether `model.name` and `model.depth` count, by what asks for a matte or depth (`app/build.py`)."""
    layers = settings.layers
    behind = (
        (bool(layers.image.path) and layers.image.behind)
        or (bool(layers.text.text.strip()) and layers.text.behind)
        or (layers.clock.show and layers.clock.behind)
    )
    of_person = "depth" in shown and settings.effect.depth.person_only
    matte = bool(shown & _NEED_MATTE) or of_person or behind or settings.look.framing.follow
    depth = bool(shown & _NEED_DEPTH) or (matte and settings.matte.keep != "person")
    return {"model.name": matte or (depth and settings.model.depth is None), "model.depth": depth}


def refuse_mistakes(patch: Patch, settings: Settings) -> None:
    """Raise what is wrong with `settings` where `patch`, which led to them, says something: it was just typed."""
    said = {".".join(keys) for keys, _ in leaves(patch)}
    for mistake in mistakes(settings):
        if any(f"{path}.".startswith(f"{mistake.path}.") for path in said):
            raise mistake.error


def refuse_start(settings: Settings, presets: Mapping[str, Settings]) -> None:
    """Raise what is wrong with what a filter is to begin with; warn of what would be, once it is in use."""
    for sink in settings.output.sinks:
        if (wrong := unknown_sink(sink)) is not None:
            raise wrong
    told = set()
    for mistake in mistakes(settings):
        if mistake.counts:
            raise mistake.error
        told.add((mistake.path, mistake.told))
        log.warning("%s: %s", mistake.path, mistake.told)
    for name, laid in presets.items():
        for mistake in mistakes(laid):
            if (mistake.path, mistake.told) not in told:
                log.warning("presets.%s.%s: %s", name, mistake.path, mistake.told)


def wrong_names(settings: Settings) -> Iterator[tuple[str, LivecutError]]:
    """The settings that name effects or networks which there are not, among what may change while the filter runs."""
    effect = settings.effect
    named: Mapping[str, str] = {
        "effect.name": effect.name,
        "effect.split.before": effect.split.before,
        "effect.split.after": effect.split.after,
    }
    for path, name in named.items():
        if name not in _BUILT_IN and name not in plugins.names("effects"):
            yield path, plugins.unknown("effects", name)
    model, usual = settings.model, type(settings.model)()
    for path, chosen, default in (("model.name", model.name, usual.name), ("model.depth", model.depth, usual.depth)):
        if chosen != default and chosen is not None and (wrong := _absent_network(chosen)) is not None:
            yield path, wrong


def _tables_for_none(tables: Collection[str]) -> Iterator[tuple[str, SettingsError]]:
    """What is wrong with plug-ins' tables that nobody reads, by the plug-ins' names."""
    if not tables:
        return
    there = set(plugins.names("effects"))
    for name in tables:
        path = f"effect.plugin.{name}"
        if name in _BUILT_IN:
            hint = "it has no settings" if name == "none" else f"its settings are those of effect.{name}"
            yield name, SettingsError(f"{path}: {name} is no plug-in", hint=hint)
        elif name not in there:
            known = sorted(there - _BUILT_IN)
            near = nearest(name.lower(), known)
            meant = f"did you mean {near}? " if near else ""
            hint = f"{meant}there are: {', '.join(known)}" if known else "no plug-in is installed"
            yield name, SettingsError(f"{path}: there is no plug-in of that name", hint=hint)


def _absent_network(name: str) -> ModelError | None:
    from livecut.inference.store import find  # here, for it is read slowly, and what is shipped is there

    try:
        find(name)
    except ModelError as error:
        return error
    return None


def absent_background(background: str) -> ImageError | None:
    """What is wrong with a background that is neither a colour nor a file, nor the name of a camera or a screen."""
    if is_colour(background) or is_live_name(background) or existing(background) is not None:
        return None
    is_whole = is_like_address(background) or expanded(background).is_absolute()
    place = "" if is_whole else f", from {Path.cwd()} on"
    return ImageError(
        f"the background {without_secrets(background)} is neither a colour nor a file",
        hint=f"write #rrggbb, a basic colour's name (red, navy, white) or a path{place}",
    )


def source_as_background(settings: Settings) -> ImageError | None:
    """What is wrong with a background that is the source itself: the very room would stand behind the person."""
    background = settings.effect.replace.background
    if is_colour(background) or not is_same_source(background, settings.source.input):
        return None
    return ImageError(
        f"the background {without_secrets(background)} is the source itself: your room would stand there as it is",
        hint="choose another background, or --effect blur",
    )


def font_error(path: str, font: str) -> SettingsError:
    """Of a file that is no font, or is not there; `path` is the setting's."""
    return SettingsError(f"{path}: {without_secrets(font)} cannot be read as a font", hint="name a .ttf or .otf file")
