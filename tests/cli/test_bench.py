"""`livecut bench` and `livecut bench quality`: what is printed, what is written, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from livecut.bench.records import FIELDS
from livecut.cli.program import run_program

TINY = ["--size", "64x36", "--effect", "blur", "--device", "cpu", "--set", "model.name=null", "--frames", "10"]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)


def test_one_case_is_printed_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["bench", *TINY, "--live", "0.3", "--json", "bench.json"]) == 0
    written = json.loads(Path("bench.json").read_text())
    assert set(written) == set(FIELDS)
    assert (written["output_size"], written["model"], written["inferences_per_frame"]) == ("64x36", "null", 1.0)
    assert list(written["stages"]) == ["matte", "refine", "effect", "i420"]
    assert written["peak_memory_mb"] > 30
    shown, told = capsys.readouterr()
    assert told == (
        "measuring blur 64x36 on a moving portrait: 10 frames one by one and 0.3 s live "
        "(on the very first run kernels compile for a minute before that)\n"
    )
    assert "64x36" in shown
    assert "\x1b" not in shown
    assert run_program(["bench", *TINY, "--live", "0", "--compare", "bench.json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("blur 64x36 CPUExecutionProvider  frames/s") for line in lines)


def test_the_ordinary_way_stands_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "--size", "128x72", "--device", "cpu", "--frames", "10", "--live", "0", "--vs", "ordinary"]
    assert run_program([*arguments, "--json", "bench.json"]) == 0
    written = json.loads(Path("bench.json").read_text())
    assert set(written) == {*FIELDS, "ratio"}
    assert set(written["ratio"]) == {"wall", "cpu", "cpu_until_rest"}
    assert written["age_ms"] is None
    assert "of the ordinary way's wall time" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["--size", "big"], 2, "error: output.size: a size is written WxH, e.g. 1280x720\n"),
        (["--effect", "blur", "--set", "matte.strid=2"], 2, "error: matte.strid: there is no such setting\n"),
        (["--vs", "ordinary", "--set", "matte.stride=2"], 2, "error: --vs compares one inference a frame\n"),
        (["--compare", "absent.json"], 2, "error: absent.json does not exist\n"),
        (["--effect", "blurr"], 2, "error: no effect named 'blurr'\n"),
        (["quality", "absent"], 2, "error: absent does not exist\n"),
        (["quality", "."], 2, "error: . has nothing to measure\n"),
        (["quality", "set", "--model", "absent"], 4, "error: no network named 'absent'\n"),
        (["quality", "set", "--depth-reference", "tcmonodepth-small"], 4, "error: tcmonodepth-small: it has not been"),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: list[str], code: int, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if "set" in arguments:
        _write_set(Path("set"), 1)
    assert run_program(["bench", *arguments]) == code
    assert capsys.readouterr().err.startswith(error)


def _write_set(folder: Path, count: int) -> None:
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        cv2.imwrite(str(folder / "images" / f"p{number}.jpg"), np.full((90, 160, 3), 90, np.uint8))
        cv2.imwrite(str(folder / "masks" / f"p{number}.png"), np.zeros((90, 160), np.uint8))


def test_quality_is_printed_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    _write_set(Path("set"), 4)
    assert run_program(["bench", "quality", "set", "--device", "cpu", "--limit", "2", "--json", "quality.json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == "depth is not measured: livecut models get tcmonodepth-small\n"
    assert printed.out.startswith("nobody there: share of pixels with alpha above .5 / mean alpha\n")
    written = json.loads(Path("quality.json").read_text())
    assert written["depth_reference"] is None
    assert written["networks"]["livecut-joint-small"]["input_size"] == "288x160"
    assert written["sets"]["set"]["livecut-joint-small"]["over_half"]["count"] == 2


def test_frames_in_order_go_by_frames_and_not_by_the_limit() -> None:
    _write_set(Path("set"), 12)
    for part, ending in (("images", "jpg"), ("masks", "png")):
        for number in range(12):
            (Path("set") / part / f"p{number}.{ending}").rename(Path("set") / part / f"{number:05}.{ending}")
    for arguments, count in ((["--limit", "3"], 12), (["--frames", "5"], 5)):
        assert run_program(["bench", "quality", "set", "--device", "cpu", "--json", "q.json", *arguments]) == 0
        assert (
            json.loads(Path("q.json").read_text())["sets"]["set"]["livecut-joint-small"]["over_half"]["count"] == count
        )


@pytest.mark.slow
def test_the_finished_picture_stands_beside_the_plain_ways(capsys: pytest.CaptureFixture[str]) -> None:
    _write_set(Path("bg_room"), 1)
    _write_set(Path("people"), 1)
    # Where nothing can be followed, nothing is known to stand still.
    grain = np.random.default_rng(3).normal(128, 60, (90, 160, 3))
    cv2.imwrite("bg_room/images/p0.jpg", np.clip(cv2.GaussianBlur(grain, (0, 0), 2) * 3 - 256, 0, 255))
    mask = np.zeros((90, 160), np.uint8)
    mask[20:, 50:110] = 255
    cv2.imwrite("people/masks/p0.png", mask)
    arguments = ["--device", "cpu", "--vs", "plain", "--composites", "1", "--json", "quality.json"]
    assert run_program(["bench", "quality", "people", "bg_room", *arguments]) == 0
    assert "finished picture: halo" in capsys.readouterr().out
    found = json.loads(Path("quality.json").read_text())["vs_plain"]["sets"]["p0 before p0"]
    assert set(found) == {"livecut", "plain"}
    assert set(found["plain"]) == {"halo", "flicker_matte", "flicker_still", "trailing_1", "trailing_2"}


def test_pumping_is_a_row_a_video(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["bench", "pumping", "--model", "null", "--frames", "30", "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("video  points  as shipped: mean")
    assert lines[1].startswith("demo")
    assert run_program(["bench", "pumping", "absent.mp4"]) == 2
