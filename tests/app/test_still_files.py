"""Names of results: predictable, resumable, and never an input's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from livecut.app.still_files import Pair, expand, kind_of, pair_up, request_for, request_of, write_whole
from livecut.app.still_image import encode_depth, encode_png
from livecut.errors import DeviceUnavailable, SettingsError
from livecut.settings import Settings
from livecut.settings.load import apply


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.PNG", "notes.txt", "c.webp", "a-cut.png", "b-mask.png", "half-cut.png"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_a_folder_gives_its_pictures_by_name_without_earlier_results(folder: Path) -> None:
    assert [path.name for path in expand([str(folder)])[0]] == ["a.PNG", "b.jpg", "c.webp", "half-cut.png"]


def test_patterns_files_and_repeats(folder: Path) -> None:
    names = [str(folder / "b.jpg"), str(folder / "*.jpg"), str(folder / "notes.txt")]
    assert [path.name for path in expand(names)[0]] == ["b.jpg", "notes.txt"]


def test_what_names_nothing_is_said_beside_what_is_there(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    names = [str(tmp_path / "absent.jpg"), str(tmp_path / "empty"), str(folder / "b.jpg")]
    found, errors = expand(names)
    assert [path.name for path in found] == ["b.jpg"]
    assert [error.message.removeprefix(str(tmp_path) + "/") for error in errors] == [
        "absent.jpg: no such file",
        "empty holds no pictures",
    ]


def test_beside_the_input_the_name_is_tagged_elsewhere_it_is_not(folder: Path, tmp_path: Path) -> None:
    source = folder / "b.jpg"
    assert pair_up([source], None, tag="cut", suffix=".png")[0].target == folder / "b-cut.png"
    assert pair_up([source], folder, tag="mask", suffix=".png")[0].target == folder / "b-mask.png"
    assert pair_up([source], tmp_path / "out", tag="cut", suffix=".png")[0].target == tmp_path / "out" / "b.png"
    assert pair_up([source], tmp_path / "one.png", tag="cut", suffix=".png")[0].target == tmp_path / "one.png"


def test_nothing_is_written_over_an_input_or_another_result(folder: Path, tmp_path: Path) -> None:
    a, b = folder / "a.PNG", folder / "b.jpg"
    with pytest.raises(SettingsError, match="is an input and would be overwritten"):
        pair_up([b], b, tag="cut", suffix=".png")
    with pytest.raises(SettingsError, match="2 pictures cannot go into the one file"):
        pair_up([a, b], tmp_path / "one.png", tag="cut", suffix=".png")
    (folder / "inner").mkdir()
    twin = folder / "inner" / "b.jpg"
    twin.write_bytes(b"x")
    with pytest.raises(SettingsError, match="would both become"):
        pair_up([b, twin], tmp_path / "out", tag="cut", suffix=".png")
    with pytest.raises(SettingsError, match="is an input and would be overwritten"):
        pair_up([b], tmp_path / "behind.png", tag="cut", suffix=".png", also_read=[tmp_path / "behind.png"])


def test_a_name_says_what_is_written_and_no_name_says_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    names = ("a.png", "a.PNG", "a.jpg", "a.JPEG", "out", "out.d", "folder.png")
    kinds = [kind_of(tmp_path / name) for name in names]
    assert kinds == ["png", "png", "jpeg", "jpeg", None, None, None]
    assert kind_of(None) is None
    with pytest.raises(SettingsError, match=r"a\.webp: only PNG and JPEG are written$"):
        kind_of(tmp_path / "a.webp")


def test_a_request_is_told_apart_by_all_that_shapes_the_result_and_names_no_path() -> None:
    one = Settings()
    other = apply(one, {"matte": {"guide_radius": 3}})
    elsewhere = apply(one, {"output": {"sinks": ["null"]}, "remote": {"allow": True}})
    first = request_for(one, "cut", "/home/me/beach.jpg")
    assert first == request_for(elsewhere, "cut", "/home/me/beach.jpg")
    assert len({first, request_for(other, "cut", "/home/me/beach.jpg"), request_for(one, "cut", "b.jpg")}) == 3
    assert "beach" not in first
    assert first.startswith("livecut cut ")
    assert request_for(one, "mask", "/home/me/beach.jpg").split()[2] != first.split()[2]


def test_pictures_called_alike_keep_their_endings(folder: Path) -> None:
    (folder / "b.webp").write_bytes(b"x")
    pairs = pair_up([folder / "b.jpg", folder / "b.webp", folder / "c.webp"], None, tag="cut", suffix=".png")
    assert [pair.target.name for pair in pairs] == ["b.jpg-cut.png", "b.webp-cut.png", "c-cut.png"]


def test_done_means_there_made_for_this_request_and_not_older(tmp_path: Path) -> None:
    source, target = tmp_path / "a.jpg", tmp_path / "a-cut.png"
    source.write_bytes(b"x")
    pair, other = Pair(source, target, "a cut-out"), Pair(source, target, "a mask")
    seen = [pair.is_done]
    target.write_bytes(encode_png(np.zeros((2, 2, 3), np.uint8), note="a cut-out"))
    seen += [pair.is_done, other.is_done]
    os.utime(source, ns=(target.stat().st_mtime_ns + 10, target.stat().st_mtime_ns + 10))
    seen.append(pair.is_done)
    assert seen == [False, True, False, False]


@pytest.mark.parametrize("encoding", ["png", "png16", "jpeg"])
def test_every_kind_of_result_remembers_its_request(tmp_path: Path, encoding: Literal["png", "png16", "jpeg"]) -> None:
    path = tmp_path / "depth"
    path.write_bytes(encode_depth(np.zeros((8, 8), np.float32), encoding, note='["depth", true]'))
    assert request_of(path) == '["depth", true]'
    path.write_text("no picture")
    assert request_of(path) == ""


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    write_whole(tmp_path / "made" / "a.png", b"data")
    assert (tmp_path / "made" / "a.png").read_bytes() == b"data"
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DeviceUnavailable, match="cannot be written"):
        write_whole(tmp_path / "file" / "a.png", b"data")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DeviceUnavailable, match="cannot be written"):
        write_whole(tmp_path / "folder", b"data")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "made"]
