"""`livecut cut`: people out of pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from livecut.app.still_files import Pair
    from livecut.app.stills import Cut, StillWork
    from livecut.errors import LivecutError
    from livecut.kernels.still import FractionBox

__all__ = ["cut"]

log = logging.getLogger(__name__)


def cut(
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Files, folders, patterns, or - for a pipe.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder, file, or - for a pipe. Default: beside it.")
    ] = None,
    mode: Annotated[
        Literal["image", "mask"], typer.Option(help="image (cut-out with transparency) or mask (grey).")
    ] = "image",
    background: Annotated[str | None, typer.Option(help="Colour, picture or URL to put behind.")] = None,
    boxes: Annotated[Path | None, typer.Option(help="Write a box for each person to this JSON file.")] = None,
    via: Annotated[Literal["auto", "local", "api4ai"], typer.Option(help="Who does it.")] = "auto",
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Pictures at the same time.")] = 1,
    force: Annotated[
        bool, typer.Option("--force", help="Do again what is done, and write over what is there.")
    ] = False,
    config: Annotated[Path | None, typer.Option(help="A livecut.toml to read.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any setting.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Cut people out of pictures: NAME.png in another folder, NAME-cut.png or NAME-mask.png beside the picture."""
    from contextlib import closing

    from livecut.app.still_files import (
        PIPE,
        digest_of,
        expand,
        kind_of,
        note_for,
        pair_up,
        refuse_over,
        request_for,
        write_whole,
    )
    from livecut.app.still_image import read_still
    from livecut.app.still_services import Services
    from livecut.app.stills import StillWork
    from livecut.cli.batch import SeenThrough, run_batch
    from livecut.cli.flags import settings_from_flags
    from livecut.cli.pipe import is_piped, piped_from, piped_to, write_out
    from livecut.colours import is_colour
    from livecut.errors import SettingsError
    from livecut.paths import existing, expanded

    output, boxes = (None if path is None else expanded(path) for path in (output, boxes))
    kind = kind_of(output) or "png"
    if kind == "jpeg" and mode == "image" and background is None:
        raise SettingsError("a JPEG has no transparency", hint="-o NAME.png, or --background COLOUR")
    settings = settings_from_flags(config=config, assignments=set_ or ())
    picture_behind = existing(background) if background and not is_colour(background) else None
    behind = [picture_behind] if picture_behind is not None and picture_behind.is_file() else []
    through = SeenThrough()
    services = Services(settings, before_leaving=through.leave, sleep=through.sleep)
    tag = "cut" if mode == "image" else "mask"
    request = request_for(settings, tag, background, [digest_of(path) for path in behind], via)

    # By the names of finished pictures, as soon as they are: what was paid for outlives an interruption.
    found: dict[str, tuple[FractionBox, ...]] = {}

    def open_work() -> StillWork:
        return StillWork(settings, via=via, services=services, before_leaving=through.ask)

    def do(work: StillWork, pair: Pair) -> None:
        picture = read_still(pair.source)
        result = work.cut(picture, mode=mode, background=background, name=str(pair.source))
        encoded = result.encoded(kind, note=note_for(request, picture))
        through.begin()
        write_whole(pair.target, encoded)
        found[str(pair.source)] = result.boxes
        tell_of(pair.source, result)

    def tell_of(name: object, result: Cut) -> None:
        if not result.boxes:
            log.warning("%s: nobody was found in it", name)

    names: list[str] = []
    ended: LivecutError | None = None
    try:
        if is_piped(images, output):
            target = piped_to(output, ".png", tag, force=force)
            piped = piped_from(images)
            read = [*behind, *([piped.source] if piped.source is not None else [])]
            for written in (target, boxes):
                if written is not None:
                    refuse_over(written, read)
            if boxes is not None:
                refuse_over(boxes, [] if target is None else [target], what="the result")
                _earlier(boxes)
            with closing(open_work()) as work:
                picture = piped.read()
                result = work.cut(picture, mode=mode, background=background, name=piped.name)
            write_out(result.encoded(kind, note=note_for(request, picture)), target)
            names = [PIPE if piped.source is None else piped.name]
            found[names[0]] = result.boxes
            tell_of(names[0], result)
        else:
            sources, missing = expand(images)
            pairs = pair_up(sources, output, tag=tag, suffix=".png", request=request, also_read=behind, force=force)
            if boxes is not None:
                refuse_over(boxes, [*sources, *behind])
                refuse_over(boxes, [pair.target for pair in pairs], what="a result")
            names = [str(pair.source) for pair in pairs]
            ended = run_batch(
                pairs,
                open_work=open_work,
                do=do,
                jobs=jobs,
                force=force,
                missing=missing,
                recorded=_recorded_in(boxes),
                through=through,
            )
    finally:
        try:
            if boxes is not None and found:
                _add(boxes, {name: found[name] for name in names if name in found})
        finally:
            services.close()
    if ended is not None:
        raise ended


def _add(boxes: Path, found: Mapping[str, tuple[FractionBox, ...]]) -> None:
    """Write what was found into the file. What an earlier run found stays: this one may have gone on after it."""
    import json

    from livecut.app.still_files import write_whole

    listed = _earlier(boxes) | {name: [list(box) for box in people] for name, people in found.items()}
    write_whole(boxes, json.dumps(listed, indent=2).encode())


def _recorded_in(boxes: Path | None) -> Callable[[Pair], bool]:
    """Tells whether a finished pair's boxes are in the file: there, and written after the result they belong to."""
    if boxes is None:
        return lambda pair: True
    earlier = _earlier(boxes)
    if not earlier:
        return lambda pair: False
    written_ns = boxes.stat().st_mtime_ns
    return lambda pair: str(pair.source) in earlier and pair.target.stat().st_mtime_ns <= written_ns


def _earlier(boxes: Path) -> dict[str, Any]:
    """What earlier runs found. Raises `SettingsError` for a file that is anything else: it would be replaced."""
    import json
    import os

    from livecut.errors import SettingsError

    try:
        # Nothing is read from a device or a pipe: it might be waited for.
        is_there = os.path.isfile(boxes)  # noqa: PTH113  a name may be too long
        text = boxes.read_text(encoding="utf-8") if is_there else ""
        earlier = json.loads(text or "{}")
    except (OSError, ValueError):
        earlier = None
    if not isinstance(earlier, dict) or not all(map(_is_found, earlier.values())):
        raise SettingsError(f"{boxes} is no table of boxes and would be overwritten", hint="choose another name")
    return earlier


def _is_found(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(box, list) and len(box) == 4 for box in value)
