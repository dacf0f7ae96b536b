"""`livecut depth`: depth of people, or of the whole scene."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from livecut.app.still_files import Pair
    from livecut.app.stills import StillWork
    from livecut.errors import LivecutError

__all__ = ["depth"]


def depth(
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Files, folders, patterns, or - for a pipe.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder or file. Default: beside it.")] = None,
    scene: Annotated[bool, typer.Option("--scene", help="Keep everything, not people only.")] = False,
    encoding: Annotated[Literal["jpeg", "png", "png16"], typer.Option("--format", help="Of the result.")] = "png",
    via: Annotated[Literal["auto", "local", "clipdrop"], typer.Option(help="Who does it.")] = "auto",
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Pictures at the same time.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Do those again that are done already.")] = False,
    config: Annotated[Path | None, typer.Option(help="A livecut.toml to read.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any setting.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Portrait depth: white is nearest, 0 outside people. NAME.png in another folder, NAME-depth.png beside it."""
    import json
    from contextlib import closing

    from livecut.app.still_files import PIPE, expand, pair_up, write_whole
    from livecut.app.still_image import encode_depth
    from livecut.app.still_services import Services
    from livecut.app.stills import StillWork
    from livecut.cli.batch import run_batch
    from livecut.cli.flags import settings_from_flags
    from livecut.cli.pipe import deliver, read_all

    settings = settings_from_flags(config=config, assignments=set_ or ())
    kind = encoding
    if kind == "png" and output is not None and output.suffix.lower() in (".jpg", ".jpeg"):
        kind = "jpeg"

    services = Services(settings)
    request = json.dumps(["depth", scene, kind, via, settings.model.name, settings.model.depth])

    def open_work() -> StillWork:
        return StillWork(settings, via=via, services=services)

    def do(work: StillWork, pair: Pair) -> None:
        nearness, _ = work.depth(pair.source, scene=scene, name=str(pair.source))
        write_whole(pair.target, encode_depth(nearness, kind, note=request))

    ended: LivecutError | None = None
    try:
        if images == [PIPE]:
            with closing(open_work()) as work:
                nearness, _ = work.depth(read_all(), scene=scene, name="the piped picture")
            deliver(encode_depth(nearness, kind), output)
        else:
            sources, missing = expand(images)
            suffix = ".jpg" if kind == "jpeg" else ".png"
            pairs = pair_up(sources, output, tag="depth", suffix=suffix, request=request)
            _, ended = run_batch(pairs, open_work=open_work, do=do, jobs=jobs, force=force, missing=missing)
    finally:
        services.close()
    if ended is not None:
        raise ended
