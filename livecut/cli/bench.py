"""`livecut bench`: how fast it is here, and how good its pictures are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from livecut.bench.finals import Shot
    from livecut.bench.pictures import Clip, PictureSet
    from livecut.bench.records import Change
    from livecut.bench.speed import Measured
    from livecut.types import Pixels

__all__ = ["app"]

app = typer.Typer(help="Measure speed, or with `quality` the pictures.")


@app.callback(invoke_without_command=True)
def speed(
    context: typer.Context,
    size: Annotated[
        list[str] | None, typer.Option(metavar="WxH", help="Size of the picture; repeatable. Default: 720p and 1080p.")
    ] = None,
    effect: Annotated[
        list[str] | None, typer.Option(help="blur, bokeh, replace, …; repeatable. Default: these three.")
    ] = None,
    device: Annotated[list[str] | None, typer.Option(help="auto, cpu, cuda, directml or coreml; repeatable.")] = None,
    vs: Annotated[
        Literal["ordinary"] | None, typer.Option(help="Run the ordinary way (OpenCV calls) frame about with ours.")
    ] = None,
    frames: Annotated[int, typer.Option(min=10, help="Frames measured one by one.")] = 150,
    live: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long the live pipeline runs for age and memory.")
    ] = 4.0,
    fps: Annotated[float, typer.Option(min=1, help="Rate of the live pipeline's source.")] = 30.0,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any other setting; repeatable.")
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write everything there too.")] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="OLD.json", help="Set it beside what --json wrote before.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say more; a traceback when something fails.")
    ] = False,
) -> None:
    """Measure the whole pipeline on a moving portrait, from the decoded frame to I420, without any device.

    With settings as shipped; what your own livecut.toml says does not count here.
    """
    if context.invoked_subcommand is not None:
        return
    from livecut.bench.case import Case, announced, cases
    from livecut.bench.isolated import isolated
    from livecut.bench.records import changes, document, read_records, record, write_json
    from livecut.bench.speed import measure
    from livecut.cli.streams import tell
    from livecut.types import Size

    old = read_records(compare) if compare is not None else None
    template = Case(
        Size(1, 1), assignments=tuple(set_ or ()), frames=frames, live_s=live, fps=fps, versus_ordinary=vs is not None
    )
    chosen = cases(size or (), effect or (), device or (), template=template)
    for case in chosen:
        case.settings()  # what is wrong with one of them is said before the first is measured
    tell(announced(chosen))
    found: list[Measured] = []
    with _progress(len(chosen)) as step:
        for case in chosen:
            found.append(isolated(measure, case))
            step(case.label)
    records = [record(measured) for measured in found]
    if json is not None:
        write_json(json, document(records))
    _print_speed(found)
    if old is not None:
        _print_changes(changes(old, records), old[0]["machine"] == records[0]["machine"])


@app.command()
def quality(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Sets (images/ and masks/), videos, or folders of such.")
    ],
    model: Annotated[
        list[str] | None, typer.Option(help="A network to measure; repeatable. Default: the shipped one.")
    ] = None,
    depth_reference: Annotated[
        str | None, typer.Option(metavar="NAME", help="The network depth is held against. Default: tcmonodepth-small.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, directml or coreml.")] = "auto",
    vs: Annotated[
        Literal["plain"] | None,
        typer.Option(help="Measure the finished picture too: halo, flicker and trailing, beside the plain way's."),
    ] = None,
    composites: Annotated[int, typer.Option(min=0, help="Films with a known alpha, with --vs plain.")] = 8,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Pictures a set, evenly spread; videos go by --frames. Default: all.")
    ] = None,
    frames: Annotated[int, typer.Option(min=2, help="Frames a video.")] = 120,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write everything there too.")] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say more; a traceback when something fails.")
    ] = False,
) -> None:
    """Measure mattes and depth of networks, all on the same pictures.

    DIR holds images/ and masks/ (PNG of the same names, above 127 is person); sets named bg_... show nobody and need no
    masks; pictures with consecutive numbers and masks count as a video. Networks answer at their own size, enlarged
    bilinearly to the picture's.
    """
    from functools import partial

    from livecut.bench.contender import contenders, reference_of
    from livecut.bench.pictures import gather
    from livecut.bench.quality import measure_clip, measure_set
    from livecut.bench.records import write_json
    from livecut.bench.scores import FINAL_TABLES, TABLES, Scores
    from livecut.bench.tables import show
    from livecut.settings import Settings

    sets, clips = gather(folders)
    sets = [one.thinned(frames if one.in_order else limit) for one in sets]
    networks = contenders(model or [Settings().model.name], device)
    reference = reference_of(depth_reference, "tcmonodepth-small", device)
    if reference is None:
        typer.echo("depth is not measured: livecut models get tcmonodepth-small", err=True)
    scores, finals = Scores(), Scores()
    videos = [] if vs is None else _videos(sets, clips, composites, frames)
    with _progress(sum(len(one.pictures) for one in sets) + frames * (len(clips) + len(videos))) as step:
        for one in sets:
            measure_set(scores, one, networks, reference, partial(step, one.name))
        for clip in clips:
            measure_clip(scores, clip, networks, frames, partial(step, clip.name))
        if videos:
            from livecut.bench.finals import measure_final, ways

            both = ways(networks[0].name, device)
            for name, shots in videos:
                measure_final(finals, name, shots, both, partial(step, name))
    for table, found in (*((table, scores) for table in TABLES), *((table, finals) for table in FINAL_TABLES)):
        rows = found.rows(table)
        if rows:
            typer.echo(table.title)
            show(rows)
            typer.echo()
    if json is not None:
        described = {
            network.name: {
                "digest": network.spec.digest,
                "input_size": str(network.spec.input.size),
                "provider": network.provider,
            }
            for network in networks
        }
        reference_name = None if reference is None else reference.name
        content = {"networks": described, "depth_reference": reference_name, **scores.as_dict()}
        if vs is not None:
            content["vs_plain"] = finals.as_dict()
        write_json(json, content)


@app.command()
def pumping(
    videos: Annotated[
        list[Path] | None, typer.Argument(metavar="[VIDEO...]", help="Videos or folders of such. Default: the demo.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A network's name. Default: the shipped one.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, directml or coreml.")] = "auto",
    frames: Annotated[int, typer.Option(min=30, help="Frames a video.")] = 120,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say more; a traceback when something fails.")
    ] = False,
) -> None:
    """Measure how much the blur of what stands still changes over time, with `bokeh` as shipped and at its widest."""
    from functools import partial

    from livecut.bench.pictures import gather
    from livecut.bench.pumping import SHIPPED, WIDEST, measure_pumping
    from livecut.bench.tables import show
    from livecut.settings import Settings
    from livecut.sources.demo import DemoSource

    def demo() -> Iterator[Pixels]:
        source = DemoSource()
        return (source.render(index) for index in range(frames))

    takes: list[tuple[str, Callable[[], Iterator[Pixels]]]] = [("demo", demo)]
    if videos:
        takes = [(clip.name, partial(clip.frames, frames)) for clip in gather(videos)[1]]
    rows: list[tuple[str, ...]] = [("video", "points", "as shipped: mean", "95 %", "widest: mean", "95 %")]
    with _progress(2 * frames * len(takes)) as step:
        for name, take in takes:
            network = model or Settings().model.name
            found = [
                measure_pumping(take(), changes, model=network, device=device, step=partial(step, name))
                for changes in (SHIPPED, WIDEST)
            ]
            cells = [f"{share:.2%}" for one in found if one is not None for share in (one.mean, one.p95)]
            rows.append((name, str(found[0].points if found[0] else 0), *(cells or ["-"] * 4)))
    show(rows)


def _videos(
    sets: Sequence[PictureSet], clips: Sequence[Clip], composites: int, frames: int
) -> list[tuple[str, Iterable[Shot]]]:
    """Everything that moves, for the measures of the finished picture."""
    from livecut.bench.composites import films
    from livecut.bench.finals import clip_shots, film_shots, sequence_shots
    from livecut.settings import Settings

    radius_px = Settings().effect.blur.radius_px
    found: list[tuple[str, Iterable[Shot]]] = [(clip.name, clip_shots(clip, frames)) for clip in clips]
    found += [(one.name, sequence_shots(one.thinned(frames))) for one in sets if one.in_order]
    found += [(film.name, film_shots(film, radius_px)) for film in films(sets, composites)]
    return found


def _print_speed(found: Sequence[Measured]) -> None:
    from livecut.bench.tables import show, speed_rows, stage_rows

    first = found[0]
    libraries = ", ".join(f"{name} {version}" for name, version in first.machine["libraries"].items())
    typer.echo(f"{first.machine['processor']}, {first.machine['cores']} cores, {first.machine['system']}; {libraries}")
    show(speed_rows(found))
    typer.echo("milliseconds a frame, median / p95 / p99")
    show(stage_rows(found))
    for measured in found:
        if measured.ratio is not None and measured.ordinary_ms is not None:
            typer.echo(
                f"{measured.effect} {measured.output_size}: {measured.ratio.wall:.2f} of the ordinary way's wall time, "
                f"{measured.ratio.cpu:.2f} of its CPU time at the frame's end, "
                f"{measured.ratio.cpu_until_rest:.2f} until all threads rest ({measured.ordinary_ms.wall_ms:.1f} ms, "
                f"{measured.ordinary_ms.cpu_ms:.1f} ms and {measured.ordinary_ms.until_rest_ms:.1f} ms a frame)"
            )


def _print_changes(found: Sequence[Change], same_machine: bool) -> None:
    from livecut.bench.tables import change_rows, show

    if not found:
        typer.echo("nothing to compare: the other file has none of these cases")
        return
    if not same_machine:
        typer.echo("the other file is of another machine or of other versions")
    show(change_rows(found), words=2)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], object]]:
    """A bar where there is somebody to see it; call what it gives, with a name, when a step is done."""
    if not sys.stderr.isatty():
        yield lambda label: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda label: bar.update(task, description=label, advance=1)
