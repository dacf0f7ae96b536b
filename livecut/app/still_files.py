"""Which pictures go in and under which names they come out; nothing is ever written over an input."""

from __future__ import annotations

import contextlib
import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from livecut.errors import DeviceUnavailable, ImageError, SettingsError

__all__ = ["PIPE", "TAGS", "Pair", "expand", "pair_up", "write_whole"]

TAGS: Final = ("cut", "mask", "depth")
"""What results are called beside their pictures."""

PIPE: Final = "-"
"""Stands for standard input and output."""

_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm"})


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture and where its result goes."""

    source: Path
    target: Path

    @property
    def is_done(self) -> bool:
        """True when the result is there and not older than the picture: an interrupted run goes on after it."""
        try:
            return self.target.stat().st_mtime_ns >= self.source.stat().st_mtime_ns
        except OSError:
            return False


def expand(names: Iterable[str]) -> list[Path]:
    """Files, folders (their pictures, by name) and patterns as one list in order, each file once.

    Raises `ImageError` for what names nothing. A file is taken whatever it is called: what is no picture is said later.
    """
    found: dict[Path, None] = {}
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            inside = _pictures(path)
            if not inside:
                raise ImageError(f"{name} holds no pictures", hint=f"looked for {', '.join(sorted(_SUFFIXES))}")
            found.update(dict.fromkeys(inside))
        elif path.exists():
            found[path] = None
        else:
            matches = sorted(Path(match) for match in glob.glob(str(path)))  # noqa: PTH207 - the pattern may be absolute
            if not matches:
                raise ImageError(f"{name}: no such file")
            found.update(dict.fromkeys(match for match in matches if match.is_file()))
    return list(found)


def _pictures(folder: Path) -> list[Path]:
    """The pictures of a folder by name, without what an earlier run put beside them."""
    files = sorted(child for child in folder.iterdir() if child.suffix.lower() in _SUFFIXES and child.is_file())
    stems = {file.stem for file in files}
    return [file for file in files if not any(file.stem.removesuffix(f"-{tag}") in stems - {file.stem} for tag in TAGS)]


def pair_up(sources: Sequence[Path], output: Path | None, *, tag: str, suffix: str) -> list[Pair]:
    """Where each result goes: `NAME.suffix` in another folder, `NAME-tag.suffix` beside the input.

    `output` is a folder (which is made) or, for a single picture, a file. Raises `SettingsError` when two results
    would have one name or a result would lie over an input.
    """
    to_file = output is not None and output.suffix.lower() in (suffix, ".png", ".jpg", ".jpeg") and not output.is_dir()
    if to_file and len(sources) > 1:
        raise SettingsError(f"{len(sources)} pictures cannot go into the one file {output}", hint="give -o a folder")
    pairs: list[Pair] = []
    for source in sources:
        folder = source.parent if output is None else output
        if to_file:
            assert output is not None
            target = output
        elif folder.resolve() == source.parent.resolve():
            target = folder / f"{source.stem}-{tag}{suffix}"
        else:
            target = folder / f"{source.stem}{suffix}"
        pairs.append(Pair(source, target))
    _refuse_collisions(pairs)
    return pairs


def _refuse_collisions(pairs: Sequence[Pair]) -> None:
    inputs = {pair.source.resolve() for pair in pairs}
    taken: dict[Path, Path] = {}
    for pair in pairs:
        target = pair.target.resolve()
        if target in inputs:
            raise SettingsError(f"{pair.target} is an input and would be overwritten", hint="choose another -o")
        if target in taken:
            raise SettingsError(
                f"{taken[target]} and {pair.source} would both become {pair.target}",
                hint="cut them one after the other",
            )
        taken[target] = pair.source


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, its folder made if need be. Raises `DeviceUnavailable` when it cannot be."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise DeviceUnavailable(f"{path} cannot be written: {error.strerror or error}") from error
