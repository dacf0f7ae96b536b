"""`cut` and `depth` where nothing can be written: one line, an exit code, and nothing that was there is lost."""

from __future__ import annotations

import errno
import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from livecut.app.still import Still
from livecut.cli.program import run_program

NULL = ["--set", "model.name=null"]
Limited = Callable[[int], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    noise = np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)
    for name, pixels in (("a.png", noise), ("b.png", noise), ("c.png", noise[:4, :4])):
        Image.fromarray(pixels).save(name)


def _files() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


@pytest.fixture
def limited() -> Limited:
    """Within it no file grows beyond so many bytes: what is written ends in the middle, as on a full disk."""
    resource = pytest.importorskip("resource")

    @contextmanager
    def limit(length: int) -> Iterator[None]:
        earlier = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (length, earlier[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, earlier)

    return limit


@pytest.mark.parametrize("command", ["cut", "depth"])
def test_results_that_do_not_fit_are_told_and_the_others_written(
    command: str, limited: Limited, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = ["a.png", "b.png", "c.png"]
    assert run_program([command, *pictures, "-o", "out", *NULL]) == 0
    room = Path("out/a.png").stat().st_size - 1
    Path("out/b.png").unlink()
    Path("out/c.png").unlink()
    capsys.readouterr()
    before = _files()
    with limited(room):
        code = run_program([command, *pictures, "-o", "out", "--force", *NULL])
    assert code == 3
    *_, last = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("hint: ")]
    assert last.startswith("error: 2 of 3 pictures failed; the first: out/a.png cannot be written: ")
    after = _files()
    assert after.pop("out/c.png")
    assert after == before, "the earlier a.png is whole, and no part of b.png is left"


def test_boxes_that_do_not_fit_leave_the_earlier_ones(limited: Limited, capsys: pytest.CaptureFixture[str]) -> None:
    Path("boxes.json").write_text(json.dumps({f"{number}.png": [] for number in range(100)}))
    before = _files()
    with limited(900):
        assert run_program(["cut", "c.png", "--boxes", "boxes.json", *NULL]) == 3
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "wrote c-cut.png" and told[1].startswith("error: boxes.json cannot be written: ")
    after = _files()
    assert after.pop("c-cut.png")
    assert after == before


def test_no_folder_for_temporary_files_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    monkeypatch.setenv("TMPDIR", "/nowhere/at/all")
    with pytest.raises(FileNotFoundError):
        tempfile.TemporaryFile().close()
    assert run_program(["cut", "a.png", "b.png", "--jobs", "2", "--boxes", "boxes.json", *NULL]) == 0
    assert run_program(["depth", "a.png", *NULL]) == 0
    assert {"a-cut.png", "b-cut.png", "a-depth.png", "boxes.json"} <= set(_files())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["cut", "depth"])
def test_a_pipe_that_takes_nothing(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(Path("a.png").read_bytes())))
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=full, isatty=lambda: False))
        assert run_program([command, "-", *NULL]) == 3
    assert capsys.readouterr().err == (
        "error: standard output cannot be written: No space left on device\nhint: name a file with -o\n"
    )


@pytest.mark.parametrize(("path", "named"), [(None, "a file"), ("/x/y.nbi", "/x/y.nbi")])
def test_whatever_else_finds_no_room_is_no_bug(
    path: str | None, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", path)

    monkeypatch.setattr(Still, "__init__", full)
    assert run_program(["cut", "a.png", *NULL]) == 3
    assert capsys.readouterr().err == (
        f"error: {named} cannot be written: No space left on device\n"
        "hint: make room where results go, and where compiled code is kept (NUMBA_CACHE_DIR names another place)\n"
    )
