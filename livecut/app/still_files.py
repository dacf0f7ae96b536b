"""Which pictures go in and under which names they come out; nothing is ever written over an input."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from PIL import Image

from livecut.errors import DeviceUnavailable, ImageError, SettingsError
from livecut.settings import Settings

__all__ = [
    "PIPE",
    "TAGS",
    "Pair",
    "expand",
    "kind_of",
    "pair_up",
    "refuse_over",
    "request_for",
    "request_of",
    "write_whole",
]

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
    request: str = ""
    """What is wanted of it, as the result itself remembers it."""

    @property
    def is_done(self) -> bool:
        """True when the result is there, made for this request and not older: a run goes on after it."""
        try:
            if self.target.stat().st_mtime_ns < self.source.stat().st_mtime_ns:
                return False
        except OSError:
            return False
        return request_of(self.target) == self.request


def expand(names: Iterable[str]) -> tuple[list[Path], list[ImageError]]:
    """Files, folders (their pictures, by name) and patterns in order, each file once; and what names nothing.

    A file is taken whatever it is called: what is no picture is said later.
    """
    found: dict[Path, None] = {}
    errors: list[ImageError] = []
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            inside = _pictures(path)
            if not inside:
                errors.append(
                    ImageError(f"{name} holds no pictures", hint=f"looked for {', '.join(sorted(_SUFFIXES))}")
                )
            found.update(dict.fromkeys(inside))
        elif path.exists():
            found[path] = None
        else:
            matches = sorted(Path(match) for match in glob.glob(str(path)))  # noqa: PTH207 - the pattern may be absolute
            if not matches:
                errors.append(ImageError(f"{name}: no such file"))
            found.update(dict.fromkeys(match for match in matches if match.is_file()))
    return list(found), errors


def _pictures(folder: Path) -> list[Path]:
    """The pictures of a folder by name, without what an earlier run put beside them."""
    files = sorted(child for child in folder.iterdir() if child.suffix.lower() in _SUFFIXES and child.is_file())
    stems = {file.stem for file in files}
    return [file for file in files if not any(file.stem.removesuffix(f"-{tag}") in stems - {file.stem} for tag in TAGS)]


def pair_up(
    sources: Sequence[Path],
    output: Path | None,
    *,
    tag: str,
    suffix: str,
    request: str = "",
    also_read: Iterable[Path] = (),
    force: bool = False,
) -> list[Pair]:
    """Where each result goes: `NAME.suffix` in another folder, `NAME-tag.suffix` beside the input.

    Of several pictures called alike, a.jpg becomes `a.jpg.suffix`. `output` is a folder (which is made) or, for a
    single picture, a file. Raises `SettingsError` when a result would lie over an input or what is `also_read`, or,
    unless `force`, in a folder over a result of another kind: depth over the cut-out of the same picture.
    """
    to_file = kind_of(output) is not None
    if to_file and len(sources) > 1:
        raise SettingsError(f"{len(sources)} pictures cannot go into the one file {output}", hint="give -o a folder")
    stems = Counter((source.parent if output is None else output, source.stem) for source in sources)
    pairs: list[Pair] = []
    for source in sources:
        folder = source.parent if output is None else output
        if to_file:
            assert output is not None
            target = output
        else:
            name = source.stem if stems[folder, source.stem] == 1 else source.name
            beside = folder.resolve() == source.parent.resolve()
            target = folder / (f"{name}-{tag}{suffix}" if beside else f"{name}{suffix}")
        pairs.append(Pair(source, target, request))
    _refuse_collisions(pairs, also_read)
    if not (to_file or force):
        _refuse_other_kinds(pairs, tag)
    return pairs


def kind_of(output: Path | None) -> Literal["png", "jpeg"] | None:
    """What kind of file a name asks for; None for a folder, which is what any name without a picture's ending is.

    Raises `SettingsError` for an ending that is not written here, rather than putting other bytes behind it.
    """
    if output is None or output.is_dir():
        return None
    suffix = output.suffix.lower()
    if suffix == ".png":
        return "png"
    if suffix in (".jpg", ".jpeg"):
        return "jpeg"
    if suffix in _SUFFIXES:
        raise SettingsError(f"{output}: only PNG and JPEG are written", hint="-o NAME.png, NAME.jpg or a folder")
    return None


def refuse_over(target: Path, inputs: Iterable[Path]) -> None:
    """Raise `SettingsError` when writing `target` would destroy something that is read."""
    if target.resolve() in {path.expanduser().resolve() for path in inputs}:
        raise SettingsError(f"{target} is an input and would be overwritten", hint="choose another name")


def request_for(settings: Settings, tag: str, *asked: Any) -> str:
    """What is asked for as its kind, one of `TAGS`, and a short digest: readers of a result learn no path from it."""
    shaping = settings.model_dump(mode="json", include={"model", "matte", "depth", "look", "effect"})
    text = json.dumps([tag, *asked, shaping], sort_keys=True, default=str)
    return f"livecut {tag} {hashlib.sha256(text.encode()).hexdigest()[:24]}"


def request_of(path: Path) -> str:
    """What a result says it was made for; empty for a picture that says nothing."""
    try:
        with Image.open(path) as image:
            said = image.info.get("livecut", image.info.get("comment", ""))
    except (OSError, ValueError, SyntaxError):
        return ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _refuse_collisions(pairs: Sequence[Pair], also_read: Iterable[Path]) -> None:
    inputs = {pair.source.resolve() for pair in pairs} | {path.expanduser().resolve() for path in also_read}
    taken: dict[Path, Path] = {}
    for pair in pairs:
        target = pair.target.resolve()
        if target in inputs:
            raise SettingsError(f"{pair.target} is an input and would be overwritten", hint="choose another -o")
        if target in taken:
            raise SettingsError(
                f"{taken[target]} and {pair.source} would both become {pair.target}",
                hint="give each its own folder",
            )
        taken[target] = pair.source


def _refuse_other_kinds(pairs: Sequence[Pair], tag: str) -> None:
    # A mask may take a cut-out's place, the command having been told so; that of another command is not known to it.
    for pair in pairs:
        said = request_of(pair.target).split() if pair.target.exists() else []
        if len(said) == 3 and said[0] == "livecut" and said[1] in TAGS and (said[1] == "depth") != (tag == "depth"):
            raise SettingsError(
                f"{pair.target} holds the {said[1]} of an earlier command and would be overwritten",
                hint="give each its own folder, or --force",
            )


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
