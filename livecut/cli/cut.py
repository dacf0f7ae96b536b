"""`livecut cut`: people out of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from livecut.app.still_files import Pair
    from livecut.app.stills import Cut, StillWork
    from livecut.errors import LivecutError

__all__ = ["cut"]


def cut(
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Files, folders, patterns, or - for a pipe.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder or file. Default: beside it.")] = None,
    mode: Annotated[
        Literal["image", "mask"], typer.Option(help="image (cut-out with transparency) or mask (grey).")
    ] = "image",
    background: Annotated[str | None, typer.Option(help="Colour, picture or URL to put behind.")] = None,
    boxes: Annotated[Path | None, typer.Option(help="Write a box for each person to this JSON file.")] = None,
    via: Annotated[Literal["auto", "local", "api4ai"], typer.Option(help="Who does it.")] = "auto",
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Pictures at the same time.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Do those again that are done already.")] = False,
    config: Annotated[Path | None, typer.Option(help="A livecut.toml to read.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any setting.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Cut people out of pictures: NAME.png in another folder, NAME-cut.png or NAME-mask.png beside the picture."""
    import json
    from contextlib import closing

    from livecut.app.still_files import PIPE, expand, kind_of, pair_up, refuse_over, request_for, write_whole
    from livecut.app.still_services import Services
    from livecut.app.stills import StillWork
    from livecut.cli.batch import run_batch
    from livecut.cli.flags import settings_from_flags
    from livecut.cli.pipe import piped_to, read_all, write_out
    from livecut.errors import SettingsError

    kind = kind_of(output) or "png"
    if kind == "jpeg" and mode == "image" and background is None:
        raise SettingsError("a JPEG has no transparency", hint="-o NAME.png, or --background COLOUR")
    settings = settings_from_flags(config=config, assignments=set_ or ())
    behind = [Path(background)] if background and Path(background).expanduser().is_file() else []
    services = Services(settings)
    changed = [path.expanduser().stat().st_mtime_ns for path in behind]
    tag = "cut" if mode == "image" else "mask"
    request = request_for(settings, tag, background, changed, via)

    def open_work() -> StillWork:
        return StillWork(settings, via=via, services=services)

    def do(work: StillWork, pair: Pair) -> tuple[str, Cut]:
        result = work.cut(pair.source, mode=mode, background=background, name=str(pair.source))
        write_whole(pair.target, result.encoded(kind, note=request))
        return str(pair.source), result

    ended: LivecutError | None = None
    try:
        if images == [PIPE]:
            target = piped_to(output, ".png")
            for written in (target, boxes):
                if written is not None:
                    refuse_over(written, behind)
            with closing(open_work()) as work:
                result = work.cut(read_all(), mode=mode, background=background, name="the piped picture")
            results = [(PIPE, result)]
            write_out(result.encoded(kind), target)
        else:
            sources, missing = expand(images)
            pairs = pair_up(sources, output, tag=tag, suffix=".png", request=request, also_read=behind, force=force)
            if boxes is not None:
                refuse_over(boxes, [*sources, *behind, *(pair.target for pair in pairs)])
            results, ended = run_batch(pairs, open_work=open_work, do=do, jobs=jobs, force=force, missing=missing)
    finally:
        services.close()
    if boxes is not None and results:
        # What an earlier run found stays: this one may have gone on after it.
        listed = _earlier(boxes) | {name: [list(box) for box in result.boxes] for name, result in results}
        write_whole(boxes, json.dumps(listed, indent=2).encode())
    if ended is not None:
        raise ended


def _earlier(boxes: Path) -> dict[str, Any]:
    import json

    try:
        earlier = json.loads(boxes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return earlier if isinstance(earlier, dict) else {}
