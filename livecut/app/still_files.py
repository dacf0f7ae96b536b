"""Which pictures go in and under which names they come out; nothing is ever written over an input."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import logging
import os
import re
import secrets
import stat
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from PIL import Image

from livecut.errors import DeviceUnavailable, ImageError, SettingsError
from livecut.paths import absent_hint, expanded, without_secrets
from livecut.settings import Settings

__all__ = [
    "PIPE",
    "TAGS",
    "Pair",
    "digest_of",
    "expand",
    "kind_of",
    "note_for",
    "pair_up",
    "refuse_over",
    "refuse_what_is_there",
    "request_for",
    "request_of",
    "write_whole",
]

log = logging.getLogger(__name__)

TAGS: Final = ("cut", "mask", "depth")
"""What results are called beside their pictures."""

PIPE: Final = "-"
"""Stands for standard input and output."""

_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm"})
_OPEN: Final = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")
"""What is open already, and may lead to a file that is nobody's to replace."""
_NOTE: Final = re.compile(rf"livecut ({'|'.join(TAGS)}) [0-9a-f]{{24}}")


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture and where its result goes."""

    source: Path
    target: Path
    request: str = ""
    """What is wanted of it, as `request_for` says it."""

    @property
    def is_done(self) -> bool:
        """True when the result is there, made for this request and of just this picture: a run goes on after it.

        Dates say nothing: an older picture may have taken the place of the one that the result was made of.
        """
        said = request_of(self.target)
        if not said or not _is_regular(self.source):
            return False
        try:
            return said == _note(self.request, digest_of(self.source))
        except ImageError:
            return False  # said again by whoever reads it


def expand(names: Iterable[str]) -> tuple[list[Path], list[ImageError]]:
    """Files, folders (their pictures, by name) and patterns in order, each file once; and what names nothing.

    A file is taken whatever it is called: what is no picture is said later. What an earlier run put beside its picture
    is left out of folders and patterns, and beside that picture also where it is named: a shell that fills in a pattern
    names it too.
    """
    found: dict[Path, bool] = {}  # files, and whether each was named itself
    errors: list[ImageError] = []
    for text in names:
        path, name = expanded(text), without_secrets(text)
        try:
            status = _status(path)
            if status is None:
                # PTH207: the pattern may be absolute.
                matches = sorted(Path(match) for match in glob.glob(str(path)))  # noqa: PTH207
                files = [match for match in matches if match.is_file()]
                inside = _without_results(files)
                if not inside:
                    errors.append(
                        ImageError(f"{name} names only what livecut made", hint="--force does it again")
                        if files
                        else ImageError(f"{name}: no such file", hint=absent_hint(text))
                    )
            elif stat.S_ISDIR(status.st_mode):
                inside = _pictures(path)
                if not inside:
                    hint = f"looked for {', '.join(sorted(_SUFFIXES))}, and for none that livecut made"
                    errors.append(ImageError(f"{name} holds no pictures", hint=hint))
            else:
                found[path] = True
                continue
        except OSError as error:
            errors.append(ImageError(f"{name} cannot be read: {error.strerror or error}"))
            continue
        for file in inside:
            found.setdefault(file, False)
    beside = set(_named_beside(found))
    repeated = [file for file, was_named in found.items() if was_named and file in beside and _kind_beside(file)]
    if repeated:
        log.warning("left out, since an earlier run made them: %s", ", ".join(map(str, repeated)))
    return [file for file in found if file not in repeated], errors


def _pictures(folder: Path) -> list[Path]:
    """The pictures of a folder by name, without what an earlier run put beside them."""
    files = sorted(child for child in folder.iterdir() if child.suffix.lower() in _SUFFIXES and child.is_file())
    return _without_results(files)


def _without_results(files: Sequence[Path]) -> list[Path]:
    """Files without what an earlier run put beside its picture.

    What only has such a name, beside its picture, is left out too and said: a tool that makes files smaller takes the
    note away, and as an input it would stand where its picture's result goes.
    """
    kept = [file for file in files if not _kind_beside(file)]
    unsure = _named_beside(kept)
    if unsure:
        log.warning("left out, named as results are: %s", ", ".join(map(str, unsure)))
    return [file for file in kept if file not in unsure]


def _named_beside(files: Collection[Path]) -> list[Path]:
    """Those of `files` that are named as a result is beside its picture, which is one of them."""
    pictures = {(file.parent, name) for file in files for name in (file.stem, file.name)}
    return [
        file
        for file in files
        if (tag := _tag_of(file)) and (file.parent, file.stem.removesuffix(f"-{tag}")) in pictures
    ]


def _tag_of(file: Path) -> str:
    """The kind that a file is of by its name, one of `TAGS`; empty for any other name."""
    return next((tag for tag in TAGS if file.stem.endswith(f"-{tag}")), "")


def _kind_beside(file: Path) -> str:
    """The kind of a result that lies beside its picture, by its name as by its note; empty for anything else."""
    kind = _tag_of(file)
    return kind if kind and _kind_made(file) == kind else ""


def _kind_made(file: Path) -> str:
    """What livecut made a file as, one of `TAGS`; empty for a file that it did not make."""
    said = _NOTE.fullmatch(request_of(file))
    return said[1] if said else ""


def _status(path: Path) -> os.stat_result | None:
    """What the system says of a path, None where there is nothing. Raises `OSError` where it may not be looked at."""
    try:
        return path.stat()
    except PermissionError:
        raise
    except (OSError, ValueError):
        return None  # nothing, a part of the path that is a file, a name longer than any file's


def _is_there(path: Path) -> bool:
    return _mode(path) != 0


def _is_regular(path: Path) -> bool:
    return stat.S_ISREG(_mode(path))


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(_mode(path))


def _mode(path: Path) -> int:
    """The file's mode; 0 where there is none, or none that may be looked at."""
    try:
        status = _status(path)
    except OSError:
        return 0
    return 0 if status is None else status.st_mode


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
    unless `force` or it was named, over a file that livecut did not make, or a result of another kind: depth over the
    cut-out of the same picture.
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
            beside = _real(folder) == _real(source.parent)
            target = folder / (f"{name}-{tag}{suffix}" if beside else f"{name}{suffix}")
        pairs.append(Pair(source, target, request))
    _refuse_collisions(pairs, also_read)
    if not (to_file or force):
        for pair in pairs:
            refuse_what_is_there(pair.target, tag)
    return pairs


def kind_of(output: Path | None) -> Literal["png", "jpeg"] | None:
    """What kind of file a name asks for; None for a folder, which is what any name without a picture's ending is.

    Raises `SettingsError` for an ending that is not written here, rather than putting other bytes behind it.
    """
    if output is None or _is_folder(output):
        return None
    suffix = output.suffix.lower()
    if suffix == ".png":
        return "png"
    if suffix in (".jpg", ".jpeg"):
        return "jpeg"
    if suffix in _SUFFIXES:
        raise SettingsError(f"{output}: only PNG and JPEG are written", hint="-o NAME.png, NAME.jpg or a folder")
    return None


def refuse_over(target: Path, inputs: Iterable[Path], *, what: str = "an input") -> None:
    """Raise `SettingsError` when writing `target` would destroy one of `inputs`, which are called `what`."""
    if _real(target) in {_real(path) for path in inputs}:
        raise SettingsError(f"{target} is {what} and would be overwritten", hint="choose another name")


def digest_of(path: Path) -> str:
    """A digest of a file's bytes. Raises `ImageError` when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror or error}") from error


def request_for(settings: Settings, tag: str, *asked: Any) -> str:
    """What is asked for as its kind, one of `TAGS`, and a short digest: readers of a result learn no path from it."""
    shaping = settings.model_dump(mode="json", include={"model", "matte", "depth", "look", "effect"})
    text = json.dumps([tag, *asked, shaping], sort_keys=True, default=str)
    return f"livecut {tag} {hashlib.sha256(text.encode()).hexdigest()[:24]}"


def note_for(request: str, picture: bytes) -> str:
    """What the result says it was made for and of: `request_for`, and a picture as its file's bytes."""
    return _note(request, hashlib.sha256(picture).hexdigest())


def _note(request: str, picture: str) -> str:
    # One digest of both: whoever reads it learns nothing of the picture that the result does not show.
    kind, _, asked = request.rpartition(" ")
    return f"{kind} {hashlib.sha256(f'{asked} {picture}'.encode()).hexdigest()[:24]}"


def request_of(path: Path) -> str:
    """What a result says it was made for and of; empty for a file that says nothing."""
    if not _is_regular(path):
        return ""  # a pipe would be waited for
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=("PNG", "JPEG")) as image:
                said = image.info.get("livecut", image.info.get("comment", ""))
    except Exception:  # whatever Pillow raises at what is damaged or too large: livecut did not write that
        return ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _real(path: Path) -> Path:
    """Through links and relative spellings, also of what is not there, or cannot be."""
    try:
        return Path(os.path.realpath(expanded(path)))
    except ValueError:
        return path


def _refuse_collisions(pairs: Sequence[Pair], also_read: Iterable[Path]) -> None:
    inputs = {_real(pair.source) for pair in pairs} | {_real(path) for path in also_read}
    taken: dict[Path, Path] = {}
    for pair in pairs:
        target = _real(pair.target)
        if target in inputs:
            raise SettingsError(f"{pair.target} is an input and would be overwritten", hint="choose another -o")
        if target in taken:
            raise SettingsError(
                f"{taken[target]} and {pair.source} would both become {pair.target}",
                hint="give each its own folder",
            )
        taken[target] = pair.source


def refuse_what_is_there(target: Path, tag: str) -> None:
    """Raise `SettingsError` where a name that livecut chose, for a result of kind `tag`, is another file's already."""
    if not _is_there(target):
        return
    made = _kind_made(target)
    if not made:
        raise SettingsError(
            f"{target} was not made by livecut and would be overwritten", hint="choose another -o, or --force"
        )
    # A mask may take a cut-out's place, the command having been told so; that of another command is not known to it.
    if (made == "depth") != (tag == "depth"):
        raise SettingsError(
            f"{target} holds the {made} of an earlier command and would be overwritten",
            hint="give each its own folder, or --force",
        )


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, its folder made if need be: the one a link leads to where `path` is a link.
    Who may read a file that was there stays.

    What is no file, a device or a pipe, is written into. Raises `DeviceUnavailable` when it cannot be written.
    """
    part: Path | None = None
    try:
        status = _status(path)
        is_open = str(path).startswith(_OPEN)
        if status is not None and (is_open or not stat.S_ISREG(status.st_mode)):
            # Added to: where standard output goes to a file, that has what was printed before.
            with path.open("ab") as stream:
                stream.write(data)
            return
        file = Path(os.path.realpath(path))
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".livecut-{secrets.token_hex(8)}.part")
        # A file of its own, for several may write the same one; not to be read meanwhile by whom that is closed to.
        mode = 0o666 if status is None else 0o600
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            stream.write(data)
        if status is not None:
            with contextlib.suppress(PermissionError):  # where all files are somebody else's, as on some disks
                part.chmod(stat.S_IMODE(status.st_mode))
        part.replace(file)
    except (OSError, ValueError) as error:
        raise DeviceUnavailable(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}") from error
    finally:
        if part is not None:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
