"""Pictures gathered from clones: each way of marking people becomes a mask or boxes, and nothing is taken twice."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.types import Pixels, Plane8

TOOLS = Path(__file__).parents[2] / "tools"
H, W = 96, 128


@pytest.fixture(scope="module")
def tool() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TOOLS))
        patch.setitem(sys.modules, "tqdm", SimpleNamespace(tqdm=lambda found, **_: found))  # the tools' own need
        yield importlib.import_module("gather_pictures")


def _picture(seed: int, height: int = H, width: int = W) -> Pixels:
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _commit(clones: Path, name: str, files: Mapping[str, Pixels | Plane8 | str]) -> str:
    """A clone without a work tree of a repository that holds FILES; its commit."""
    work = clones / "work"
    for path, content in files.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            (work / path).write_text(content)
        else:
            assert cv2.imwrite(str(work / path), content)
    git = ["git", "-c", "user.name=n", "-c", "user.email=n@localhost", "-C", str(work)]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "pictures"]):
        subprocess.run([*git, *words], check=True)
    told = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    shutil.copytree(work / ".git", clones / name.replace("/", "+"))
    shutil.rmtree(work)
    return told.stdout.strip()


def _mask(path: Path) -> Plane8:
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    return np.asarray(mask, np.uint8)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_every_way_of_marking_people_is_understood(
    tool: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = np.zeros((H, W, 3), np.uint8)
    index[20:60, 30:70] = (192, 224, 224)  # an outline
    index[24:56, 34:66] = (128, 128, 192)  # a person
    index[70:90, 90:120] = (0, 0, 128)  # an aeroplane
    photographs = {f"images/2007_00000{n}.png": _picture(n) for n in range(3)}
    voc = _commit(tmp_path, "a/photographs", photographs)
    there = {"Aug/2007_000000.png": index, "Aug/2007_000001.png": np.zeros_like(index)}
    masks = _commit(tmp_path, "a/masks", there)

    triangle = {"image_id": 7, "category_id": 1, "segmentation": [[10, 10, 90, 10, 10, 80]]}
    dog = {"image_id": 7, "category_id": 18, "segmentation": [[60, 60, 120, 60, 120, 90]]}
    crowd = {
        "image_id": 8, "category_id": 1, "iscrowd": 1,
        "segmentation": {"counts": [0, H * 40, H * (W - 40)], "size": [H, W]},
    }  # fmt: skip
    beside = {"image_id": 8, "category_id": 1, "segmentation": [[30, 10, 100, 10, 100, 80, 30, 80]]}
    named = [{"id": n, "file_name": f"{n:012}.png", "height": H, "width": W} for n in (5, 7, 8, 9)]
    told = {"images": named, "annotations": [triangle, dog, crowd, beside]}
    coco = _commit(
        tmp_path,
        "a/coco",
        {f"val/{n:012}.png": _picture(10 + n) for n in (5, 7, 8, 9)} | {"told.json": json.dumps(told)},
    )
    yolo = _commit(
        tmp_path,
        "a/yolo",
        {f"p/{n}.png": _picture(30 + n) for n in (1, 2)}
        | {"l/1.txt": "0 .5 .5 .2 .2\n17 .1 .1 .1 .1\n", "l/2.txt": "17 .1 .1 .1 .1\n"},
    )
    cut = np.dstack([_picture(40), np.zeros((H, W), np.uint8)])
    cut[10:80, 20:90, 3] = 255
    alpha = _commit(
        tmp_path, "a/alpha", {"cut/1.png": cut, "bg/1.png": _picture(41, 50, 200), "bg/2.png": _picture(42)}
    )

    def row(name: str, repository: str, commit: str, marked: str, **more: Any) -> dict[str, Any]:
        return {"set": name, "repository": repository, "commit": commit, "marked": marked, **more}

    sources = [
        row("voc_sbd", "a/photographs", voc, "voc", folders=["images"],
            masks={"repository": "a/masks", "commit": masks, "folder": "Aug"}),
        row("coco_people", "a/coco", coco, "coco", folders=["val"], annotations=["told.json"], least_number=6),
        row("coco_boxed", "a/yolo", yolo, "boxes", folders=["p"], labels=["l"]),
        row("cutouts", "a/alpha", alpha, "alpha", folders=["cut"], backdrops="bg", times=2),
        row("bg_again", "a/photographs", voc, "not", folders=["images"]),
        row("bg_wanted", "a/alpha", alpha, "not", folders=["bg"], names="^2", leave_out=["bg_9"]),
        row("bg_away", "a/nowhere", alpha, "not", folders=[""]),
    ]  # fmt: skip
    (tmp_path / "sources.json").write_text(json.dumps(sources))
    dev = tmp_path / "dev" / "somebody" / "images"
    dev.mkdir(parents=True)
    assert cv2.imwrite(str(dev / "x.jpg"), _picture(19)[:, ::-1])  # COCO's number 9, mirrored
    out = tmp_path / "out"
    tool.main([str(tmp_path), str(out), "--sources", str(tmp_path / "sources.json"), "--not-in", str(tmp_path / "dev")])

    written = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    assert written == {
        "voc_sbd/images/2007_000000.jpg", "voc_sbd/masks/2007_000000.png", "bg_voc/images/2007_000001.jpg",
        "coco_people/images/000000000007.jpg", "coco_people/masks/000000000007.png",
        "coco_people/images/000000000008.jpg", "coco_people/masks/000000000008.png",
        "coco_boxed/images/1.jpg", "coco_boxed/boxes/1.txt",
        "cutouts/images/1_0.jpg", "cutouts/masks/1_0.png", "cutouts/images/1_1.jpg", "cutouts/masks/1_1.png",
        "bg_again/images/images_2007_000002.jpg", "bg_wanted/images/bg_2.jpg",
    }  # fmt: skip
    person = _mask(out / "voc_sbd/masks/2007_000000.png")
    assert (person[24:56, 34:66] == 255).all() and (person[21:24, 34:66] == 128).all()
    assert not person[70:90, 90:120].any() and set(np.unique(person)) == {0, 128, 255}
    seven, eight = (_mask(out / f"coco_people/masks/{n:012}.png") for n in (7, 8))
    assert (seven[12:40, 12:40] == 255).all() and not seven[60:, 60:].any()
    assert (eight[12:78, 32:98] == 255).all()
    assert (eight[:, :29] == 128).all() and not eight[:, 102:].any()
    assert (out / "coco_boxed/boxes/1.txt").read_text() == "0 .5 .5 .2 .2\n"
    image = np.asarray(cv2.imread(str(out / "cutouts/images/1_1.jpg")), np.int16)
    assert np.abs(image[14:76, 24:86] - cut[14:76, 24:86, :3]).mean() < 6
    assert np.abs(image[:, 100:] - _picture(42)[:, 100:].astype(np.int16)).mean() < 6
    assert (_mask(out / "cutouts/masks/1_1.png") == cut[..., 3]).all()
    assert "bg_away: left out, no clone at" in capsys.readouterr().out


@given(plane=st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=5))
def test_run_lengths_say_a_plane_column_by_column(tool: Any, plane: list[list[bool]]) -> None:
    wanted = np.array(plane)
    counts, value = [0], False
    for one in wanted.T.ravel():
        if bool(one) != value:
            value = not value
            counts.append(0)
        counts[-1] += 1
    np.testing.assert_array_equal(tool.run_lengths(counts, *wanted.shape), wanted)
    with pytest.raises(ValueError, match="run lengths of"):
        tool.run_lengths([*counts, 1], *wanted.shape)


@given(count=st.integers(1, 60), wanted=st.integers(1, 60))
def test_what_is_chosen_is_spread_over_all(tool: Any, count: int, wanted: int) -> None:
    paths = [str(n) for n in range(count)]
    chosen = tool.spread(paths, wanted)
    assert len(chosen) == len(set(chosen)) == min(count, wanted)
    assert sorted(chosen, key=int) == chosen
    assert tool.spread(paths, None) == paths


def test_a_picture_no_git_knows_is_nothing(tool: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="git clone --bare"):
        tool.Repository(tmp_path / "a+b", "0" * 40)


def test_the_sources_are_whole(tool: Any) -> None:
    rows = json.loads(Path(tool.SOURCES).read_text())
    for row in rows:
        assert len(row["commit"]) == 40 and row["repository"].count("/") == 1 and row["licence"]
        assert row["marked"] in ("voc", "coco", "boxes", "alpha", "not")
        assert row["marked"] != "not" or row["set"].startswith(("bg_", "stanford40", "webcam"))
