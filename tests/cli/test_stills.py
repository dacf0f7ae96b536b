"""`cut`, `depth` and `snap` on real files, with a network that is none."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from livecut.app.still_services import Services
from livecut.cli.program import run_program

NULL = ["--set", "model.name=null"]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("a.jpg", "b.png"):
        Image.fromarray(np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)).save(name)


def _mode(path: str) -> str:
    with Image.open(path) as image:
        return image.mode


def test_cut_beside_in_a_folder_and_as_a_mask() -> None:
    assert run_program(["cut", "a.jpg", "b.png", *NULL]) == 0
    assert (_mode("a-cut.png"), _mode("b-cut.png")) == ("RGBA", "RGBA")
    assert run_program(["cut", ".", "-o", "out", "--mode", "mask", "--boxes", "boxes.json", *NULL]) == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "b.png"]
    assert _mode("out/a.png") == "L"
    boxes = json.loads(Path("boxes.json").read_text())
    assert sorted(boxes) == ["a.jpg", "b.png"]
    assert all(len(box) == 4 and all(0 <= value <= 1 for value in box) for box in boxes["a.jpg"])


def test_a_second_run_goes_on_where_the_first_ended(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["cut", "a.jpg", *NULL]) == 0
    before = Path("a-cut.png").stat().st_mtime_ns
    assert run_program(["cut", "a.jpg", "b.png", "--jobs", "2", *NULL]) == 0
    assert "1 already done" in capsys.readouterr().err
    assert Path("a-cut.png").stat().st_mtime_ns == before
    assert run_program(["cut", "a.jpg", "--force", *NULL]) == 0
    assert Path("a-cut.png").stat().st_mtime_ns > before


def test_depth_does_not_take_the_place_of_a_cut_out_in_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["cut", "a.jpg", "-o", "out", *NULL]) == 0
    before = Path("out/a.png").read_bytes()
    assert run_program(["depth", "a.jpg", "b.png", "-o", "out", *NULL]) == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert error == "error: out/a.png holds the cut of an earlier command and would be overwritten"
    assert hint == "hint: give each its own folder, or --force"
    assert [path.name for path in Path("out").iterdir()] == ["a.png"]
    assert Path("out/a.png").read_bytes() == before
    assert run_program(["cut", "a.jpg", "-o", "out", "--set", "matte.smooth=0.3", *NULL]) == 0
    assert run_program(["depth", "a.jpg", "-o", "out", "--force", *NULL]) == 0
    assert run_program(["cut", "a.jpg", "-o", "out", *NULL]) == 2
    assert "holds the depth of" in capsys.readouterr().err
    assert run_program(["cut", "a.jpg", "-o", "out/a.png", *NULL]) == 0
    assert _mode("out/a.png") == "RGBA"


def test_a_bad_picture_is_told_after_the_rest_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.jpg").write_text("no picture")
    assert run_program(["cut", "a.jpg", "bad.jpg", "b.png", *NULL]) == 2
    assert Path("b-cut.png").exists()
    *_, error, hint = capsys.readouterr().err.splitlines()
    assert error == "error: 1 of 3 pictures failed; the first: bad.jpg is no picture"
    assert hint.startswith("hint: ")


def test_another_request_is_not_done_already() -> None:
    assert run_program(["cut", "a.jpg", "-o", "out", *NULL]) == 0
    assert run_program(["cut", "a.jpg", "-o", "out", "--mode", "mask", *NULL]) == 0
    assert _mode("out/a.png") == "L"


def test_a_name_that_is_not_there_stops_nobody_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["cut", "absent.jpg", "a.jpg", *NULL]) == 2
    assert Path("a-cut.png").exists()
    assert "error: 1 of 2 pictures failed; the first: absent.jpg: no such file\n" in capsys.readouterr().err


def test_boxes_survive_a_bad_picture_and_a_second_run() -> None:
    Path("bad.jpg").write_text("no picture")
    assert run_program(["cut", "a.jpg", "bad.jpg", "--boxes", "boxes.json", *NULL]) == 2
    assert run_program(["cut", "a.jpg", "b.png", "--boxes", "boxes.json", *NULL]) == 0
    assert sorted(json.loads(Path("boxes.json").read_text())) == ["a.jpg", "b.png"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["cut", "a.jpg", "--boxes", "a.jpg"],
        ["cut", "a.jpg", "-o", "b.png", "--background", "b.png", "--force"],
        ["snap", "--source", "a.jpg", "-o", "a.jpg"],
    ],
)
def test_nothing_that_is_read_is_overwritten(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("a.jpg").read_bytes(), Path("b.png").read_bytes()
    assert run_program([*arguments, *NULL]) == 2
    assert "is an input and would be overwritten" in capsys.readouterr().err
    assert (Path("a.jpg").read_bytes(), Path("b.png").read_bytes()) == before


@pytest.mark.parametrize(("kind", "mode"), [("png", "L"), ("png16", "I;16"), ("jpeg", "L")])
def test_depth_in_three_encodings(kind: str, mode: str) -> None:
    assert run_program(["depth", "a.jpg", "--format", kind, *NULL]) == 0
    assert _mode("a-depth.jpg" if kind == "jpeg" else "a-depth.png") == mode


def test_a_background_makes_it_opaque() -> None:
    assert run_program(["cut", "a.jpg", "-o", "over.png", "--background", "#ff0000", *NULL]) == 0
    with Image.open("over.png") as image:
        assert image.mode == "RGB"
        assert image.getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize(("command", "mode"), [("cut", "RGBA"), ("depth", "L")])
def test_through_a_pipe(command: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream:
        def __init__(self, data: bytes) -> None:
            self.buffer = io.BytesIO(data)

        def isatty(self) -> bool:
            return False

        def flush(self) -> None:
            pass

    out = Stream(b"")
    monkeypatch.setattr(sys, "stdin", Stream(Path("a.jpg").read_bytes()))
    monkeypatch.setattr(sys, "stdout", out)
    closed: list[Services] = []
    monkeypatch.setattr(Services, "close", lambda services: closed.append(services))
    assert run_program([command, "-", *NULL]) == 0
    assert Image.open(io.BytesIO(out.buffer.getvalue())).mode == mode
    assert len(closed) == 1, "what was opened for the pipe is closed again"


@pytest.mark.parametrize(
    ("arguments", "written", "kind", "mode"),
    [
        (["cut", "a.jpg", "-o", "z.jpg", "--background", "white"], "z.jpg", "JPEG", "RGB"),
        (["cut", "a.jpg", "-o", "z.JPEG", "--mode", "mask"], "z.JPEG", "JPEG", "L"),
        (["depth", "a.jpg", "-o", "z.jpg"], "z.jpg", "JPEG", "L"),
        (["depth", "a.jpg", "-o", "z.png", "--format", "png16"], "z.png", "PNG", "I;16"),
        (["snap", "--source", "a.jpg", "-o", "z.jpg", "--background", "white"], "z.jpg", "JPEG", "RGB"),
    ],
)
def test_what_is_written_is_what_the_name_says(arguments: list[str], written: str, kind: str, mode: str) -> None:
    assert run_program([*arguments, *NULL]) == 0
    with Image.open(written) as image:
        assert (image.format, image.mode) == (kind, mode)
    before = Path(written).stat().st_mtime_ns
    if arguments[0] != "snap":
        assert run_program([*arguments, *NULL]) == 0
        assert Path(written).stat().st_mtime_ns == before, "done already"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["cut", "a.jpg", "-o", "z.jpg"], "a JPEG has no transparency"),
        (["cut", "-", "-o", "z.jpg"], "a JPEG has no transparency"),
        (["snap", "--source", "a.jpg", "-o", "z.jpg"], "a JPEG has no transparency"),
        (["cut", "a.jpg", "-o", "z.webp"], "z.webp: only PNG and JPEG are written"),
        (["snap", "--source", "a.jpg", "-o", "z.gif"], "z.gif: only PNG and JPEG are written"),
        (["depth", "a.jpg", "-o", "z.png", "--format", "jpeg"], "z.png is no name for --format jpeg"),
        (["depth", "a.jpg", "-o", "z.jpg", "--format", "png16"], "z.jpg is no name for --format png16"),
    ],
)
def test_what_a_name_cannot_hold_is_refused(
    arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program([*arguments, *NULL]) == 2
    assert capsys.readouterr().err.startswith(f"error: {error}\nhint: ")
    assert sorted(path.name for path in Path().iterdir() if path.is_file()) == ["a.jpg", "b.png"]


@pytest.mark.parametrize(("output", "written"), [("out", "out/stdin.png"), ("one.png", "one.png"), (".", "stdin.png")])
@pytest.mark.parametrize("command", ["cut", "depth"])
def test_from_a_pipe_into_a_file_or_a_folder(
    command: str, output: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(Path("a.jpg").read_bytes())))
    assert run_program([command, "-", "-o", output, *NULL]) == 0
    assert _mode(written) == ("RGBA" if command == "cut" else "L")


def test_a_pipe_goes_over_nothing_that_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("b.png").read_bytes()
    assert run_program(["cut", "-", "-o", "b.png", "--background", "b.png", *NULL]) == 2
    assert capsys.readouterr().err.startswith("error: b.png is an input and would be overwritten\n")
    assert Path("b.png").read_bytes() == before


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--mode", "mask"], "--mode"),
        (["--background", "red", "--size", "64x48"], "--background, --size"),
        (["--set", "model.name=null"], "--set"),
    ],
)
def test_snap_says_what_cannot_change_the_running_filters_picture(
    flags: list[str], named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("livecut.app.snapshot.running", lambda: iter([Path("run-1")]))
    assert run_program(["snap", *flags]) == 2
    assert capsys.readouterr().err == (
        f"error: the running filter's picture is taken as it shows it: {named} cannot change that\n"
        "hint: leave it out, or end the filter and name a --source\n"
    )


def test_snap_asks_the_running_filter_for_the_best_of_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, Path, int]] = []
    monkeypatch.setattr("livecut.app.snapshot.running", lambda: iter([Path("run-1")]))
    monkeypatch.setattr(
        "livecut.app.snapshot.ask_running", lambda mark, target, *, burst: asked.append((mark, target, burst))
    )
    assert run_program(["snap", "-o", "me.png", "--burst", "5"]) == 0
    assert asked == [(Path("run-1"), Path("me.png"), 5)]


def test_snap_takes_the_best_of_a_burst_from_a_source() -> None:
    assert run_program(["snap", "--source", "a.jpg", "-o", "me.png", "--burst", "2", *NULL]) == 0
    assert _mode("me.png") == "RGBA"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["cut", "absent.jpg"], 2),
        (["cut", "a.jpg", "b.png", "-o", "one.png"], 2),
        (["cut", "a.jpg", "--mode", "nonsense"], 2),
        (["cut", "a.jpg", "--set", "model.name=absent"], 4),
        (["depth", "a.jpg", "--scene", "--via", "clipdrop"], 2),
        (["snap", "--source", "absent.mp4"], 3),
    ],
)
def test_what_is_wrong_has_its_exit_code(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(arguments) == code
    assert capsys.readouterr().err.startswith("error: ")
