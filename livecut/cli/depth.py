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
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder, file, or - for a pipe. Default: beside it.")
    ] = None,
    scene: Annotated[bool, typer.Option("--scene", help="Keep everything, not people only.")] = False,
    encoding: Annotated[
        Literal["jpeg", "png", "png16"] | None, typer.Option("--format", help="Default: png, or what the name says.")
    ] = None,
    via: Annotated[Literal["auto", "local", "clipdrop"], typer.Option(help="Who does it.")] = "auto",
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Pictures at the same time.")] = 1,
    force: Annotated[
        bool, typer.Option("--force", help="Do again what is done, and write over what is there.")
    ] = False,
    config: Annotated[Path | None, typer.Option(help="A livecut.toml to read.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any setting.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Portrait depth: white is nearest, 0 outside people. NAME.png in another folder, NAME-depth.png beside it."""
    from contextlib import closing

    from livecut.app.still_files import (
        expand,
        kind_of,
        note_for,
        pair_up,
        request_for,
        write_whole,
    )
    from livecut.app.still_image import encode_depth, read_still
    from livecut.app.still_services import Services
    from livecut.app.stills import StillWork
    from livecut.cli.batch import SeenThrough, run_batch
    from livecut.cli.flags import settings_from_flags
    from livecut.cli.pipe import is_piped, piped_from, piped_to, write_out
    from livecut.errors import SettingsError
    from livecut.paths import expanded

    output = None if output is None else expanded(output)
    settings = settings_from_flags(config=config, assignments=set_ or ())
    named = kind_of(output)
    kind = encoding or named or "png"
    if named is not None and named != kind.removesuffix("16"):
        raise SettingsError(f"{output} is no name for --format {kind}", hint="leave one of the two out")
    suffix = ".jpg" if kind == "jpeg" else ".png"

    through = SeenThrough()
    services = Services(settings, before_leaving=through.leave, sleep=through.sleep)
    request = request_for(settings, "depth", scene, kind, via)

    def open_work() -> StillWork:
        return StillWork(settings, via=via, services=services, before_leaving=through.ask)

    def do(work: StillWork, pair: Pair) -> None:
        picture = read_still(pair.source)
        nearness, _ = work.depth(picture, scene=scene, name=str(pair.source))
        encoded = encode_depth(nearness, kind, note=note_for(request, picture))
        through.begin()
        write_whole(pair.target, encoded)

    ended: LivecutError | None = None
    try:
        if is_piped(images, output):
            target = piped_to(output, suffix, "depth", force=force)
            piped = piped_from(images)
            with closing(open_work()) as work:
                picture = piped.read()
                nearness, _ = work.depth(picture, scene=scene, name=piped.name)
            write_out(encode_depth(nearness, kind, note=note_for(request, picture)), target)
        else:
            sources, missing = expand(images)
            pairs = pair_up(sources, output, tag="depth", suffix=suffix, request=request, force=force)
            ended = run_batch(
                pairs, open_work=open_work, do=do, jobs=jobs, force=force, missing=missing, through=through
            )
    finally:
        services.close()
    if ended is not None:
        raise ended
