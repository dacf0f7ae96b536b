"""`cut`, `depth` and `snap` on real files, with a network that is none."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from livecut.app import still_files
from livecut.app.still_services import Services
from livecut.app.stills import Cut, StillWork
from livecut.cli.program import run_program

NULL = ["--set", "model.name=null"]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # Kernels compile in the first test, on whatever machine.
    monkeypatch.setenv("LIVECUT_REMOTE__LOCAL_TIMEOUT_S", "1200")
    for name in ("a.jpg", "b.png"):
        Image.fromarray(np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)).save(name)


def _mode(path: str) -> str:
    with Image.open(path) as image:
        return image.mode


def _size(path: str) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


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


@pytest.mark.parametrize("command", ["cut", "depth"])
def test_another_picture_is_not_done_already(command: str) -> None:
    os.utime("b.png", ns=(1, 1))  # older than any result
    Image.new("RGB", (20, 10), "red").save("b.png")
    os.utime("b.png", ns=(1, 1))
    for source in ("a.jpg", "b.png"):
        assert run_program([command, source, "-o", "res.png", *NULL]) == 0
    assert _size("res.png") == (20, 10)
    for folder, source in (("fx", "a.jpg"), ("fy", "b.png")):
        Path(folder).mkdir()
        shutil.copy2(source, f"{folder}/one.png")
        assert run_program([command, f"{folder}/one.png", "-o", "out", *NULL]) == 0
    assert _size("out/one.png") == (20, 10)


def test_another_background_of_the_same_name_and_date_is_not_done_already() -> None:
    for colour in ("red", "blue"):
        Image.new("RGB", (60, 40), colour).save("behind.png")
        os.utime("behind.png", ns=(1, 1))
        assert run_program(["cut", "a.jpg", "-o", "over.png", "--background", "behind.png", *NULL]) == 0
    with Image.open("over.png") as image:
        assert image.getpixel((0, 0)) == (0, 0, 255)


@pytest.mark.parametrize("given", ["folder", "pattern", "shell"])
def test_run_again_it_takes_no_result_for_a_picture(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy("a.jpg", "x.jpg")
    shutil.copy("b.png", "x.png")
    done = 4 if given == "folder" else 2
    for _ in range(3):
        names = {"folder": ["."], "pattern": ["*.png"], "shell": [path.name for path in sorted(Path().glob("*.png"))]}
        assert run_program(["cut", *names[given], *NULL]) == 0
    assert f"{done} already done" in capsys.readouterr().err
    assert len(list(Path().glob("*-cut.png"))) == done
    assert not list(Path().glob("*-cut-cut.png"))


@pytest.mark.parametrize("arguments", [["."], ["hair.jpg"], ["*.*g"]])
def test_the_users_own_picture_with_a_results_name_stays(arguments: list[str]) -> None:
    shutil.copy("a.jpg", "hair.jpg")
    shutil.copy("b.png", "hair-cut.png")
    before = Path("hair-cut.png").read_bytes()
    assert run_program(["cut", *arguments, *NULL]) == 2
    assert Path("hair-cut.png").read_bytes() == before


def test_depth_does_not_take_the_place_of_a_cut_out_in_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["cut", "a.jpg", "-o", "out", *NULL]) == 0
    before = Path("out/a.png").read_bytes()
    assert run_program(["depth", "a.jpg", "b.png", "-o", "out", *NULL]) == 2
    wrote, error, hint = capsys.readouterr().err.splitlines()
    assert wrote == "wrote out/a.png"
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


@pytest.mark.parametrize("damaged", [*("PNG:20", "JPEG:600", "WEBP:900", "GIF:900", "TIFF:6000"), "JPEG:exif"])
def test_a_truncated_picture_is_told_as_broken_and_the_rest_is_done(
    damaged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, _, length = damaged.partition(":")
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)).save(stream, kind)
    data = stream.getvalue()
    if length == "exif":
        tags = b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x09\0"
        data = b"\xff\xd8\xff\xe1" + (len(tags) + 2).to_bytes(2, "big") + tags + data[2:1500]
    Path("t.bin").write_bytes(data[: None if length == "exif" else int(length)])
    assert run_program(["cut", "a.jpg", "t.bin", "b.png", *NULL]) == 2
    error = capsys.readouterr().err.splitlines()[-2]
    assert error.startswith("error: 1 of 3 pictures failed; the first: t.bin is ")
    assert Path("b-cut.png").exists()


def test_a_bug_in_one_picture_is_that_pictures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = StillWork.cut

    def fails(work: StillWork, image: Any, **options: Any) -> Cut:
        if options["name"] == "a.jpg":
            raise ZeroDivisionError("by nothing")
        return cut(work, image, **options)

    monkeypatch.setattr(StillWork, "cut", fails)
    assert run_program(["cut", "a.jpg", "b.png", "--boxes", "boxes.json", *NULL]) == 1
    assert json.loads(Path("boxes.json").read_text()).keys() == {"b.png"}
    *_, error, hint = capsys.readouterr().err.splitlines()
    assert error == "error: 1 of 2 pictures failed; the first: ZeroDivisionError: by nothing"
    assert hint == "hint: this is a bug in livecut; -v prints where"


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


@pytest.mark.parametrize("more", [[], ["--background", "red"], ["--mode", "mask"]])
def test_boxes_are_written_for_what_is_done_already(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["cut", "a.jpg", *more, "--boxes", "first.json", *NULL]) == 0
    for _ in range(2):
        assert run_program(["cut", "a.jpg", *more, "--boxes", "boxes.json", *NULL]) == 0
    assert Path("boxes.json").read_bytes() == Path("first.json").read_bytes()
    assert capsys.readouterr().err.count("1 already done") == 1, "they are there the second time"


def test_boxes_older_than_their_result_are_found_anew() -> None:
    of_another_picture = [[0.5, 0.5, 0.1, 0.1]]
    Path("boxes.json").write_text(json.dumps({"a.jpg": of_another_picture}))
    os.utime("boxes.json", ns=(1, 1))
    for _ in range(2):
        assert run_program(["cut", "a.jpg", *NULL]) == 0
    assert run_program(["cut", "a.jpg", "--boxes", "boxes.json", *NULL]) == 0
    assert json.loads(Path("boxes.json").read_text())["a.jpg"] != of_another_picture


@pytest.mark.parametrize("jobs", [1, 2])
def test_boxes_survive_an_interruption_and_nothing_is_paid_for_again(
    jobs: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cut, write, begun, asked = StillWork.cut, still_files.write_whole, threading.Event(), []

    def interrupted(work: StillWork, image: Any, **options: Any) -> Cut:
        if options["name"] == "b.png":
            assert begun.wait(60)
            raise KeyboardInterrupt
        return cut(work, image, **options)

    def slow(path: Path, data: bytes) -> None:
        begun.set()
        time.sleep(0.5)
        write(path, data)

    def counted(work: StillWork, image: Any, **options: Any) -> Cut:
        asked.append(options["name"])
        return cut(work, image, **options)

    arguments = ["cut", "a.jpg", "b.png", "--boxes", "boxes.json", "--jobs", str(jobs), *NULL]
    monkeypatch.setattr(StillWork, "cut", interrupted)
    monkeypatch.setattr(still_files, "write_whole", slow)
    assert run_program(arguments) == 130
    assert json.loads(Path("boxes.json").read_text()).keys() == {"a.jpg"}
    monkeypatch.setattr(StillWork, "cut", counted)
    assert run_program(arguments) == 0
    assert asked == ["b.png"]
    assert "1 already done" in capsys.readouterr().err
    assert list(json.loads(Path("boxes.json").read_text())) == ["a.jpg", "b.png"]


@pytest.mark.parametrize("there", ["notes of mine", "[1, 2]", '{"name": "somebody\'s"}', '{"a": [[1, 2]]}', "\xff"])
@pytest.mark.parametrize("images", [["a.jpg", "b.png"], ["a.jpg", "-o", "-"]])
def test_boxes_replace_no_file_of_another_kind(
    there: str, images: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").write_text(there, encoding="latin-1")
    assert run_program(["cut", *images, "--boxes", "mine", *NULL]) == 2
    assert "error: mine is no table of boxes and would be overwritten\n" in capsys.readouterr().err
    assert Path("mine").read_text(encoding="latin-1") == there
    assert not list(Path().glob("*-cut.png")), "it is said before anything is done"


def test_boxes_go_into_an_empty_file() -> None:
    Path("boxes.json").touch()
    assert run_program(["cut", "a.jpg", "--boxes", "boxes.json", *NULL]) == 0
    assert json.loads(Path("boxes.json").read_text()).keys() == {"a.jpg"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["cut", "a.jpg", "--boxes", "a.jpg"],
        ["cut", "a.jpg", "-o", "b.png", "--background", "b.png", "--force"],
        ["cut", "a.jpg", "-o", "-", "--boxes", "a.jpg"],
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


@pytest.mark.parametrize("arguments", [["-"], ["-", "-o", "-"], ["a.jpg", "-o", "-"]])
@pytest.mark.parametrize(("command", "mode"), [("cut", "RGBA"), ("depth", "L")])
def test_through_a_pipe(command: str, mode: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert run_program([command, *arguments, *NULL]) == 0
    assert Image.open(io.BytesIO(out.buffer.getvalue())).mode == mode
    assert not Path("-").exists()
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


@pytest.mark.parametrize("command", ["cut", "depth"])
def test_several_do_not_go_to_standard_output(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program([command, ".", "-o", "-", *NULL]) == 2
    said = "error: 2 pictures cannot go to standard output\nhint: give -o a folder\n"
    assert capsys.readouterr().err == said
    assert run_program([command, "absent.jpg", "-o", "-", *NULL]) == 2
    assert capsys.readouterr().err.startswith("error: absent.jpg: no such file\n")
    assert not Path("-").exists()


@pytest.mark.parametrize("images", [["-"], ["a.jpg"]])
def test_boxes_do_not_go_over_the_result(
    images: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(Path("a.jpg").read_bytes())))
    assert run_program(["cut", *images, "-o", "same.png", "--boxes", "same.png", *NULL]) == 2
    assert "result and would be overwritten" in capsys.readouterr().err
    assert not Path("same.png").exists()


def test_boxes_are_looked_for_where_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for folder in ("home", "~"):
        Path(folder).mkdir()
    Path("home/boxes.json").write_text('{"elsewhere.jpg": [[0, 0, 1, 1]]}')
    assert run_program(["cut", "a.jpg", "--boxes=~/boxes.json", *NULL]) == 0
    assert json.loads(Path("home/boxes.json").read_text()).keys() == {"a.jpg", "elsewhere.jpg"}
    assert list(Path("~").iterdir()) == []


def test_a_home_needs_no_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    for command in (["cut", "a.jpg"], ["depth", "b.png"], ["snap", "--source", "a.jpg", "--burst", "1"]):
        assert run_program([*command, "-o", f"~/{command[0]}.png", *NULL]) == 0
    assert sorted(path.name for path in Path("home").iterdir()) == ["cut.png", "depth.png", "snap.png"]
    assert not Path("~").exists()


def test_that_nobody_was_found_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_program(["cut", "a.jpg", *NULL]) == 0
    assert "nobody was found" not in capsys.readouterr().err
    nobody = Cut(np.zeros((40, 60, 4), np.uint8), (), None, "local")
    monkeypatch.setattr(StillWork, "cut", lambda *given, **named: nobody)
    caught: list[str] = []
    monkeypatch.setattr("livecut.cli.cut.log.warning", lambda text, *values: caught.append(text % values))
    assert run_program(["cut", "a.jpg", "b.png", "--force", *NULL]) == 0
    assert sorted(caught) == ["a.jpg: nobody was found in it", "b.png: nobody was found in it"]


def test_boxes_go_where_a_link_leads() -> None:
    Path("far").mkdir()
    Path("link.json").symlink_to("far/boxes.json")
    assert run_program(["cut", "a.jpg", "--boxes", "link.json", *NULL]) == 0
    assert Path("link.json").is_symlink()
    assert json.loads(Path("far/boxes.json").read_text()).keys() == {"a.jpg"}


@pytest.mark.parametrize(("command", "written"), [("cut", "a-cut.png"), ("depth", "a-depth.png")])
def test_what_came_through_a_pipe_is_known_again(
    command: str, written: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(Path("a.jpg").read_bytes())))
    assert run_program([command, "-", "-o", written, *NULL]) == 0
    assert run_program([command, "a.jpg", *NULL]) == 0
    assert "1 already done" in capsys.readouterr().err


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
    monkeypatch.setattr("livecut.app.mailbox.running", lambda: iter([Path("run-1")]))
    assert run_program(["snap", *flags]) == 2
    assert capsys.readouterr().err == (
        f"error: the running filter's picture is taken as it shows it: {named} cannot change that\n"
        "hint: leave it out, or end the filter and name a --source\n"
    )


def test_snap_asks_the_running_filter_for_the_best_of_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, str, str, int]] = []
    monkeypatch.setattr("livecut.app.mailbox.running", lambda: iter([Path("run-1")]))
    monkeypatch.setattr(
        "livecut.app.mailbox.ask", lambda mark, do, *, path, burst: asked.append((mark, do, path, burst))
    )
    assert run_program(["snap", "-o", "me.png", "--burst", "5"]) == 0
    # From the root on: the filter may run in another folder.
    assert asked == [(Path("run-1"), "still", str(Path("me.png").absolute()), 5)]


def test_snap_takes_the_best_of_a_burst_from_a_source() -> None:
    assert run_program(["snap", "--source", "a.jpg", "-o", "me.png", "--burst", "2", *NULL]) == 0
    assert _mode("me.png") == "RGBA"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["cut", "absent.jpg"], 2),
        (["cut", "~nosuch/a.jpg"], 2),
        (["cut", "a.jpg", "--background", "~nosuch/a.jpg"], 2),
        (["snap", "--source", "~nosuch/a.jpg"], 3),
        (["cut", "a" * 300 + ".jpg"], 2),
        (["cut", "a.jpg", "-o", "a" * 300], 3),
        (["cut", "a.jpg", "-o", "a" * 300 + ".png"], 3),
        (["cut", "a.jpg", "--background", "a" * 300], 2),
        (["cut", "a.jpg", "--boxes", "a" * 300, "-o", "one.png"], 3),
        (["cut", "a.jpg", "b.png", "-o", "one.png"], 2),
        (["cut", "a.jpg", "--mode", "nonsense"], 2),
        (["cut", "a.jpg", "--set", "model.name=absent"], 4),
        (["depth", "a.jpg", "--scene", "--via", "clipdrop"], 2),
        (["snap", "--source", "absent.mp4"], 3),
    ],
)
def test_what_is_wrong_has_its_exit_code(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(arguments) == code
    said = capsys.readouterr().err.splitlines()
    assert next(line for line in said if not line.startswith("wrote ")).startswith("error: ")


@pytest.mark.parametrize("command", ["cut", "depth"])
def test_a_piped_picture_takes_no_place_that_livecut_chose_and_somebody_has(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Stream:
        def __init__(self) -> None:
            self.buffer = io.BytesIO(Path("a.jpg").read_bytes())

    Path("out").mkdir()
    Path("out/stdin.png").write_bytes(b"the user's own")
    monkeypatch.setattr(sys, "stdin", Stream())
    assert run_program([command, "-", "-o", "out", *NULL]) == 2
    assert "out/stdin.png was not made by livecut" in capsys.readouterr().err
    assert Path("out/stdin.png").read_bytes() == b"the user's own"
    monkeypatch.setattr(sys, "stdin", Stream())
    assert run_program([command, "-", "-o", "out", "--force", *NULL]) == 0
    monkeypatch.setattr(sys, "stdin", Stream())
    assert run_program([command, "-", "-o", "out", *NULL]) == 0
