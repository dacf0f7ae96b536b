"""The store finds files where they belong and tells whole ones from others."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.graphs import spec_for

from livecut.errors import ModelError
from livecut.inference import store
from livecut.inference.spec import ModelSpec
from livecut.protocols import Need

CONTENT = b"pretend these are weights" * 100


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of fetched networks, empty."""
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(tmp_path))
    return tmp_path


def _blob_spec(content: bytes) -> ModelSpec:
    name = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    return spec_for(content, bytes=None, digest=f"git-blob:{name}")


def test_the_manifest_has_our_network_first_and_the_ones_a_user_may_fetch() -> None:
    rows = store.manifest()
    assert next(iter(rows)) == "livecut-joint-small"
    assert {"mediapipe-selfie", "sinet", "pphumanseg", "rvm", "tcmonodepth-small"} <= set(rows)
    for spec in rows.values():
        if spec.fetch:
            assert spec.commit is not None
            assert spec.commit in spec.url
            assert spec.source.split("github.com/")[1] in spec.url


def test_available_are_those_that_are_here_and_answer_what_is_needed(models: Path) -> None:
    shipped = ("livecut-joint-small", "livecut-joint-quality")
    assert set(store.available(Need.MATTE)) == set(store.available(Need.DEPTH)) == set(shipped)
    (models / "sinet.onnx").write_bytes(b"there")
    assert set(store.available(Need.MATTE)) == {*shipped, "sinet"}
    assert set(store.available(Need.DEPTH)) == set(shipped)


def test_users_choose_networks_not_the_files_they_come_in() -> None:
    ours = [name for name, spec in store.chosen_by_name().items() if spec.shipped]
    assert ours == ["livecut-joint-small", "livecut-joint-quality"]
    assert sum(spec.shipped for spec in store.manifest().values()) == 8


MATTE, DEPTH, HELD = (frozenset({need}) for need in (Need.MATTE, Need.DEPTH, Need.HELD))


@pytest.mark.parametrize("name", ["livecut-joint-small", "livecut-joint-quality"])
@pytest.mark.parametrize("upright", [False, True])
def test_who_wants_the_matte_alone_gets_the_network_without_the_rest(name: str, upright: bool) -> None:
    spec = store.shapes_of(store.find(name))[upright]
    assert store.for_needs(spec, MATTE).name == f"{spec.name}-matte"
    assert store.for_needs(spec, MATTE).gives == MATTE
    for wanted in (DEPTH, MATTE | DEPTH):
        assert store.for_needs(spec, wanted) == spec.without_held()
    for wanted in (MATTE | HELD, MATTE | DEPTH | HELD):
        assert store.for_needs(spec, wanted) == spec
    other = store.find("mediapipe-selfie")
    assert store.for_needs(other, MATTE) == other


def test_the_networks_under_a_copyleft_say_so() -> None:
    assert "GPL" in store.find("rvm").licence_note


def test_shipped_networks_are_the_files_their_rows_describe() -> None:
    shipped = [spec for spec in store.manifest().values() if spec.shipped]
    assert shipped
    for spec in shipped:
        # After a network was trained again: python tools/pin_models.py
        assert store.verify(spec) == ""
        assert store.locate(spec) == store.shipped_folder() / spec.file
        assert (store.shipped_folder() / spec.file).with_name("LICENSE").is_file()


def test_a_name_that_is_not_there_says_which_are() -> None:
    with pytest.raises(ModelError) as caught:
        store.find("livecut-joint-smal")
    assert caught.value.message == "no network named 'livecut-joint-smal'"
    assert caught.value.hint == f"did you mean livecut-joint-small? there are: {', '.join(store.chosen_by_name())}"


@pytest.mark.parametrize("name", ["/tmp/own.onnx", "own.onnx", "folder/own", "C:\\own"])
def test_a_file_is_no_name(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        store.find(name)
    assert caught.value.hint.startswith("a network is chosen by its name in the manifest, not by its file; there are:")


def test_the_null_network_is_found_though_not_listed() -> None:
    assert store.find("null").name == "null"
    assert "null" not in store.manifest()


def test_fetched_networks_are_below_the_folder_that_is_set(models: Path) -> None:
    spec = spec_for(CONTENT)
    assert store.path_of(spec) == models / "small.onnx"


def test_without_a_setting_they_are_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVECUT_MODELS_DIR", raising=False)
    assert store.folder().parts[-2:] == ("livecut", "models")


def test_a_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECUT_MODELS_DIR", "~/networks")
    assert store.folder() == Path.home() / "networks"


def test_a_home_folder_that_nobody_has_stays_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECUT_MODELS_DIR", "~nosuchuser/networks")
    assert store.folder() == Path("~nosuchuser/networks")


def test_the_null_network_needs_no_file() -> None:
    assert store.verify(store.find("null")) == ""


@pytest.mark.parametrize("make", [spec_for, _blob_spec], ids=["sha256", "git blob"])
def test_a_whole_file_is_located(models: Path, make: Callable[[bytes], ModelSpec]) -> None:
    spec = make(CONTENT)
    (models / "small.onnx").write_bytes(CONTENT)
    assert store.locate(spec) == models / "small.onnx"


def test_one_that_was_not_fetched_says_how_to(models: Path) -> None:
    with pytest.raises(ModelError) as caught:
        store.locate(spec_for(CONTENT))
    assert caught.value.message == "small: it has not been fetched"
    assert caught.value.hint == "livecut models get small"


@pytest.mark.parametrize("make", [spec_for, _blob_spec], ids=["sha256", "git blob"])
def test_a_replaced_file_differs_from_its_digest(models: Path, make: Callable[[bytes], ModelSpec]) -> None:
    spec = make(CONTENT)
    path = models / "small.onnx"
    path.write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(ModelError) as caught:
        store.locate(spec)
    assert caught.value.message == f"small: {path} differs from its digest"


def test_a_file_cut_short_is_seen_by_its_size(models: Path) -> None:
    path = models / "small.onnx"
    path.write_bytes(CONTENT[:1000])
    assert store.verify(spec_for(CONTENT)) == f"{path} has 1000 bytes, not {len(CONTENT)}"


def test_a_blob_cut_short_is_seen_by_its_digest(models: Path) -> None:
    (models / "small.onnx").write_bytes(CONTENT[:1000])
    assert store.verify(_blob_spec(CONTENT)) == f"{models / 'small.onnx'} differs from its digest"


def test_a_folder_in_its_place_cannot_be_read(models: Path) -> None:
    (models / "small.onnx").mkdir()
    assert store.verify(_blob_spec(CONTENT)).startswith(f"{models / 'small.onnx'} cannot be read: ")


def test_a_shipped_file_that_is_missing_wants_a_new_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "shipped_folder", lambda: tmp_path)
    spec = next(spec for spec in store.manifest().values() if spec.shipped)
    with pytest.raises(ModelError) as caught:
        store.locate(spec)
    assert caught.value.message == f"{spec.name}: its file is missing"
    assert caught.value.hint == "reinstall livecut"


def test_looking_things_up_imports_no_runtime() -> None:
    code = (
        "import sys; from livecut.inference import store, accelerator; store.locate(store.find('livecut-joint-small'));"
        "print([name for name in ('onnxruntime', 'httpx', 'cv2', 'numba') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert (done.stdout, done.stderr) == ("[]\n", "")
