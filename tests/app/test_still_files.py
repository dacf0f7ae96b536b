"""Names of results: predictable, resumable, and never an input's own."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import struct
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from livecut.app.still_files import (
    Pair,
    digest_of,
    expand,
    kind_of,
    note_for,
    pair_up,
    request_for,
    request_of,
    write_whole,
)
from livecut.app.still_image import encode_depth, encode_png
from livecut.errors import DeviceUnavailable, ImageError, SettingsError
from livecut.settings import Settings
from livecut.settings.load import apply


def _result(kind: str = "cut") -> bytes:
    return encode_png(np.zeros((2, 2, 3), np.uint8), note=f"livecut {kind} {'0a' * 12}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.PNG", "notes.txt", "c.webp", "half-cut.png"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a-cut.png").write_bytes(_result())
    (tmp_path / "b-mask.png").write_bytes(_result("mask"))
    return tmp_path


def test_a_folder_gives_its_pictures_by_name_without_earlier_results(folder: Path) -> None:
    assert [path.name for path in expand([str(folder)])[0]] == ["a.PNG", "b.jpg", "c.webp", "half-cut.png"]


def test_an_address_is_said_without_its_password() -> None:
    _, errors = expand(["http://me:hunter2@host/x.png"])
    assert [error.message for error in errors] == ["http://me:...@host/x.png: no such file"]
    # No folder is where it begins.
    assert [error.hint for error in errors] == ["is every letter of it right?"]


def test_only_its_note_makes_a_picture_a_result(folder: Path) -> None:
    (folder / "d-cut.png").write_bytes(b"the user's own")
    (folder / "x.png").write_bytes(b"x")
    for name in ("x.jpg-cut.png", "x.png-cut.png", "gone-cut.png"):
        (folder / name).write_bytes(_result())
    # Elsewhere results have their pictures' names: a folder of them may be what depth is wanted of.
    (folder / "named.png").write_bytes(_result())
    wanted = ["a.PNG", "b.jpg", "c.webp", "d-cut.png", "half-cut.png", "named.png", "x.png"]
    assert [path.name for path in expand([str(folder)])[0]] == wanted
    pattern = [path.name for path in expand([str(folder / "*.png")])[0]]
    assert pattern == ["d-cut.png", "half-cut.png", "named.png", "x.png"]
    _, (error,) = expand([str(folder / "gone*.png")])
    assert error.message.endswith("gone*.png names only what livecut made")


def test_what_stands_where_a_result_goes_is_no_input_even_without_its_note(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "b-cut.png").write_bytes(b"made smaller by some tool")
    (folder / "b.jpg-mask.png").write_bytes(b"the user's own")
    assert [path.name for path in expand([str(folder)])[0]] == ["a.PNG", "b.jpg", "c.webp", "half-cut.png"]
    left_out = ", ".join(str(folder / name) for name in ("b-cut.png", "b.jpg-mask.png"))
    assert caplog.messages == [f"left out, named as results are: {left_out}"]
    assert [path.name for path in expand([str(folder / "b-cut.png")])[0]] == ["b-cut.png"]


def test_a_result_named_beside_its_picture_is_left_out_and_said(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    given = [str(folder / name) for name in ("a.PNG", "a-cut.png", "b-mask.png")]
    assert [path.name for path in expand(given)[0]] == ["a.PNG", "b-mask.png"]
    assert caplog.messages == [f"left out, since an earlier run made them: {folder / 'a-cut.png'}"]
    assert [path.name for path in expand(given[1:2])[0]] == ["a-cut.png"]


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


@pytest.mark.parametrize("name", ["~nosuchuser/a.jpg", "a" * 300 + ".jpg", "a.jpg/b.jpg"])
def test_what_can_be_no_file_names_nothing(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found, (error,) = expand([name])
    assert (found, error.message) == ([], f"{name}: no such file")


def test_what_may_not_be_read_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refused)
    _, (error,) = expand([str(folder)])
    assert error.message == f"{folder} cannot be read: Permission denied"
    monkeypatch.undo()
    monkeypatch.setattr(Path, "stat", lambda path, **_: refused(path))
    _, (error,) = expand([str(folder)])
    assert error.message == f"{folder} cannot be read: Permission denied"
    # Where nothing may be looked at, the name says what is meant, and writing says what is wrong.
    assert kind_of(folder / "a.png") == "png"
    assert request_of(folder / "a-cut.png") == ""
    assert pair_up([folder / "b.jpg"], folder / "in", tag="cut", suffix=".png")[0].target == folder / "in" / "b.png"


def test_names_longer_than_files_are_refused_by_who_writes(folder: Path, tmp_path: Path) -> None:
    long = tmp_path / ("o" * 300 + ".png")
    assert kind_of(long) == "png"
    assert pair_up([folder / "b.jpg"], long, tag="cut", suffix=".png")[0].target == long
    (pair,) = pair_up([folder / "b.jpg"], tmp_path / ("o" * 300), tag="cut", suffix=".png")
    assert not pair.is_done
    for path in (long, pair.target):
        with pytest.raises(DeviceUnavailable, match="cannot be written"):
            write_whole(path, b"data")


def test_beside_the_input_the_name_is_tagged_elsewhere_it_is_not(folder: Path, tmp_path: Path) -> None:
    source = folder / "b.jpg"
    assert pair_up([source], None, tag="cut", suffix=".png")[0].target == folder / "b-cut.png"
    assert pair_up([source], folder, tag="mask", suffix=".png")[0].target == folder / "b-mask.png"
    assert pair_up([source], tmp_path / "out", tag="cut", suffix=".png")[0].target == tmp_path / "out" / "b.png"
    assert pair_up([source], tmp_path / "one.png", tag="cut", suffix=".png")[0].target == tmp_path / "one.png"


def test_what_livecut_did_not_make_is_not_written_over_unless_named(folder: Path, tmp_path: Path) -> None:
    own = folder / "b-cut.png"
    own.write_bytes(b"the user's own")
    with pytest.raises(SettingsError, match=r"b-cut\.png was not made by livecut and would be overwritten$"):
        pair_up([folder / "b.jpg"], None, tag="cut", suffix=".png")
    assert pair_up([folder / "b.jpg"], None, tag="cut", suffix=".png", force=True)[0].target == own
    assert pair_up([folder / "b.jpg"], own, tag="cut", suffix=".png")[0].target == own
    (tmp_path / "out").mkdir()
    shutil.copy(own, tmp_path / "out" / "b.png")
    with pytest.raises(SettingsError, match="was not made by livecut"):
        pair_up([folder / "b.jpg"], tmp_path / "out", tag="cut", suffix=".png")
    with pytest.raises(SettingsError, match="was not made by livecut"):
        pair_up(expand([str(folder)])[0], None, tag="cut", suffix=".png")
    forced = pair_up(expand([str(folder)])[0], None, tag="cut", suffix=".png", force=True)
    assert own in {pair.target for pair in forced}


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


def test_done_means_there_and_made_for_this_request_of_just_this_picture(tmp_path: Path) -> None:
    source, target = tmp_path / "a.jpg", tmp_path / "a-cut.png"
    source.write_bytes(b"one")
    pair, mask = Pair(source, target, "livecut cut 1"), Pair(source, target, "livecut mask 1")
    seen = [pair.is_done]
    target.write_bytes(encode_png(np.zeros((2, 2, 3), np.uint8), note=note_for(pair.request, b"one")))
    seen += [pair.is_done, mask.is_done]
    # Another picture of the same name, length and date, as `cp -p` leaves it.
    status = source.stat()
    source.write_bytes(b"two")
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    seen.append(pair.is_done)
    source.write_bytes(b"one")
    seen.append(pair.is_done)
    source.unlink()
    seen.append(pair.is_done)
    assert seen == [False, True, False, False, True, False]


def test_a_note_names_neither_the_picture_nor_its_digest(tmp_path: Path) -> None:
    source = tmp_path / "beach.jpg"
    source.write_bytes(b"one")
    note = note_for(request_for(Settings(), "cut"), b"one")
    assert re.fullmatch("livecut cut [0-9a-f]{24}", note)
    assert note.split()[2] not in digest_of(source)


@pytest.mark.parametrize("encoding", ["png", "png16", "jpeg"])
def test_every_kind_of_result_remembers_its_request(tmp_path: Path, encoding: Literal["png", "png16", "jpeg"]) -> None:
    path = tmp_path / "depth"
    path.write_bytes(encode_depth(np.zeros((8, 8), np.float32), encoding, note='["depth", true]'))
    assert request_of(path) == '["depth", true]'
    path.write_text("no picture")
    assert request_of(path) == ""


def test_a_picture_that_claims_to_be_huge_says_nothing(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    path = tmp_path / "huge.png"
    for side in (10_000, 20_000):  # Pillow warns of the one and refuses the other
        head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
        assert request_of(path) == ""
    with pytest.raises(ImageError, match=r"absent\.png cannot be read"):
        digest_of(tmp_path / "absent.png")


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


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "boxes.json").write_bytes(b"earlier")
    for link, to in (("link.json", "far/boxes.json"), ("new.json", "far/new.json")):
        (tmp_path / link).symlink_to(to)
        write_whole(tmp_path / link, b"data")
        assert (tmp_path / link).is_symlink()
        assert (tmp_path / to).read_bytes() == b"data"
    assert sorted(path.name for path in (tmp_path / "far").iterdir()) == ["boxes.json", "new.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_what_is_no_file_is_written_into_and_never_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    assert request_of(pipe) == ""
    assert not Pair(pipe, tmp_path / "a.png", "livecut cut 1").is_done
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_whole(pipe, b"data")
    reader.join(10)
    assert read == [b"data"]
    assert [path.name for path in tmp_path.iterdir()] == ["pipe.png"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_what_is_open_already_is_added_to(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb", buffering=0) as file:
        file.write(b"before ")
        for folder in ("/dev/fd", "/proc/self/fd"):
            write_whole(Path(folder) / str(file.fileno()), b"data ")
        assert (tmp_path / "log").samefile(f"/proc/self/fd/{file.fileno()}")
    assert (tmp_path / "log").read_bytes() == b"before data data "
    write_whole(Path("/dev/null"), b"data")
    assert Path("/dev/null").is_char_device()


def test_several_that_write_one_file_at_once_leave_one_of_theirs_whole(tmp_path: Path) -> None:
    """Two commands of one user, or two tabs of the panel: the last one's is there, never a mixture or an error."""
    path, letters = tmp_path / "result.png", b"abcdefgh"

    def write(letter: int) -> None:
        for _ in range(20):
            write_whole(path, bytes([letter]) * 300_000)

    with ThreadPoolExecutor(len(letters)) as pool:
        list(pool.map(write, letters))
    written = path.read_bytes()
    assert len(written) == 300_000 and len(set(written)) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_may_be_as_long_as_names_are(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 251 + ".png")
    write_whole(path, b"data")
    assert path.read_bytes() == b"data"


def test_a_link_that_lies_in_wait_is_not_written_through(tmp_path: Path) -> None:
    """In a folder that others write to, where somebody knows the name of what is written first."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"kept")
    (tmp_path / ".a.png.part").symlink_to(secret)
    write_whole(tmp_path / "a.png", b"data")
    assert (tmp_path / "a.png").read_bytes() == b"data"
    assert secret.read_bytes() == b"kept"
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "new.png", b"data")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.png").stat().st_mode) == 0o640


def test_where_no_mode_may_be_set_a_file_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    file = tmp_path / "one.png"
    file.write_bytes(b"before")
    monkeypatch.setattr(Path, "chmod", refuse)
    write_whole(file, b"after")
    assert file.read_bytes() == b"after"
    assert list(tmp_path.iterdir()) == [file]
