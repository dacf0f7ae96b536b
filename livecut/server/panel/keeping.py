"""What was changed in the panel goes into the user's own `livecut.toml`, whose comments stay."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from livecut.app.rooted import rooted
from livecut.app.still_files import write_whole
from livecut.errors import SettingsError
from livecut.settings import Settings
from livecut.settings.laying import Gathered
from livecut.settings.live import chooses_room, shows_room
from livecut.settings.patches import Origin, Patch, apply

__all__ = ["keep", "still_true"]


def keep(patch: Patch, file: Path) -> None:
    """Lay `patch` over what `file` says, which need not be there; a setting that is None goes back to its default.

    The path of a file that is there is kept from the root on: the next start may be in another folder.
    Raises `SettingsError` when the file cannot be read, would not be right afterwards or would show the raw picture
    where it did not, `DeviceUnavailable` when it cannot be written; the file is then as it was.
    """
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        document = tomlkit.document()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not TOML: {error}", hint="mend it by hand first: nothing was kept") from error
    before, broken_before = _as_read(document.unwrap(), file)
    for name, value in rooted(patch).items():
        _lay({name: value}, document, dotted=document if _is_dotted(name, document) else None)
    meant = document.unwrap()
    after, broken = _as_read(meant, file)
    for name, wrong in broken.items():
        if name not in broken_before:
            raise wrong
    # Also where another effect hides it for now: with `--effect split` the next start would show it unasked.
    if chooses_room(patch) or (shows_room(after) and not shows_room(before)):
        raise SettingsError(
            "the raw picture is not kept", hint="choose another effect, and other sides of split, first"
        )
    text = tomlkit.dumps(document)
    if _filled(tomllib.loads(text)) != _filled(meant):
        raise SettingsError(f"{file} is laid out as nothing can be added to it here", hint="write it by hand")
    write_whole(file, text.encode())


def _as_read(content: Patch, file: Path) -> tuple[Settings, dict[str, SettingsError]]:
    """What a start makes of the file by itself, and what is wrong with presets that it leaves out."""
    origin, presets = Origin(str(file)), Gathered()
    return presets.over(apply(Settings(), presets.take(content, origin), origin=origin))


def still_true(patch: Mapping[str, Any], tree: Mapping[str, Any]) -> Patch:
    """The settings of `patch` that are so in `tree`."""
    holds = {}
    for key, value in patch.items():
        if isinstance(value, Mapping) and isinstance(tree.get(key), Mapping):
            if inner := still_true(value, tree[key]):
                holds[key] = inner
        elif value == tree.get(key):
            holds[key] = value
    return holds


def _filled(table: Mapping[str, Any]) -> Patch:
    """Without empty tables, which say nothing and have no dotted names."""
    tables = {key: _filled(value) if isinstance(value, Mapping) else value for key, value in table.items()}
    return {key: value for key, value in tables.items() if value != {}}


def _is_dotted(name: str, document: tomlkit.TOMLDocument) -> bool:
    """True for a table written as `effect.name = "blur"`: no `[effect]`, nor `[effect.blur]`, may follow that."""
    return any(key is not None and key.key == name and key.is_dotted() for key, _ in document.body)


def _lay(
    patch: Mapping[str, Any],
    table: MutableMapping[str, Any],
    above: tuple[str, ...] = (),
    *,
    dotted: tomlkit.TOMLDocument | None,
) -> None:
    """`table` stands at `above`; what is new there goes into `dotted` under its whole name, if that is given."""
    for key, value in patch.items():
        path = (*above, key)
        if isinstance(value, Mapping):
            inner = table.get(key)
            if not isinstance(inner, MutableMapping):
                inner = {} if dotted is not None else _added(table, key, value)
            _lay(value, inner, path, dotted=dotted)
        elif value is None:
            table.pop(key, None)
        elif dotted is None or key in table:
            table[key] = value
        else:
            dotted.append(tomlkit.key(path), value)


def _added(table: MutableMapping[str, Any], key: str, content: Mapping[str, Any]) -> MutableMapping[str, Any]:
    """A new table in another, for `content`."""
    if isinstance(table, InlineTable):
        table[key] = tomlkit.inline_table()
    else:
        # A table that holds tables only needs no line of its own.
        table[key] = tomlkit.table(is_super_table=all(isinstance(item, Mapping) for item in content.values()))
    inner: MutableMapping[str, Any] = table[key]
    return inner
