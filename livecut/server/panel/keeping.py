"""What was changed in the panel goes into the user's own `livecut.toml`, whose comments stay."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from livecut.app.still_files import write_whole
from livecut.errors import SettingsError
from livecut.settings import Settings
from livecut.settings.load import Patch, apply

__all__ = ["keep"]


def keep(patch: Patch, file: Path) -> None:
    """Lay `patch` over what `file` says, which need not be there; a setting that is None goes back to its default.

    Raises `SettingsError` when the file cannot be read or would not be right afterwards, `DeviceUnavailable` when it
    cannot be written; the file is then as it was.
    """
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        document = tomlkit.document()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not TOML: {error}", hint="mend it by hand first: nothing was kept") from error
    _lay(patch, document)
    apply(Settings(), document.unwrap(), origin=str(file))
    write_whole(file, tomlkit.dumps(document).encode())


def _lay(patch: Mapping[str, Any], table: MutableMapping[str, Any]) -> None:
    for key, value in patch.items():
        if isinstance(value, Mapping):
            if not isinstance(table.get(key), MutableMapping):
                # A table that holds tables only needs no line of its own.
                table[key] = tomlkit.table(is_super_table=all(isinstance(item, Mapping) for item in value.values()))
            _lay(value, table[key])
        elif value is None:
            table.pop(key, None)
        else:
            table[key] = value
