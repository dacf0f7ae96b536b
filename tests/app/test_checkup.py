"""What the doctor gathers, on the machine that runs the tests."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from livecut.app import checkup
from livecut.app.build import build_plan
from livecut.app.checkup import gather
from livecut.pipeline.plan import AnyPlan
from livecut.settings import Settings
from livecut.types import Size


def settings(tmp_path: Path, *sinks: str, **given: Any) -> Settings:
    Image.new("RGB", (64, 48), (9, 99, 199)).save(tmp_path / "still.png")
    tables: dict[str, Any] = {
        "source": {"input": str(tmp_path / "still.png")},
        "output": {"sinks": sinks or ("null",)},
        "effect": {"name": "none"},
        "device": "cpu",
    }
    return Settings(**(tables | given))


def test_everything_is_tried(tmp_path: Path) -> None:
    facts = gather(settings(tmp_path))
    assert facts.import_error is None
    assert facts.source is not None
    assert (facts.source.name, facts.source.says) == ("picture still.png", "64x48 at 30 fps")
    assert (facts.source_size, facts.source_fps) == (Size(64, 48), 30.0)
    assert [output.name for output in facts.outputs] == ["null"]
    assert facts.plan is not None
    assert facts.plan.error is None
    assert facts.frame_ms is not None
    assert facts.frame_ms > 0
    assert facts.no_cuda == ""
    assert any(name.startswith("opencv") for name in facts.packages)


def test_the_plan_is_the_one_for_the_source_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Size | None] = []

    def built(*given: Any, source: Size | None = None, **more: Any) -> AnyPlan:
        told.append(source)
        return build_plan(*given, source=source, **more)

    monkeypatch.setattr("livecut.app.build.build_plan", built)
    facts = gather(settings(tmp_path, output={"sinks": ["null"], "size": "160x90", "fit": "contain"}))
    assert told == [Size(64, 48)]
    assert facts.plan is not None and facts.plan.error is None
    assert "160x90" in facts.plan.says


def test_files_are_not_touched(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"precious")
    facts = gather(settings(tmp_path, str(film), f"{tmp_path}/frames/", f"{tmp_path}/none/x.mp4"))
    assert film.read_bytes() == b"precious"
    assert not (tmp_path / "frames").exists()
    errors = [output.error for output in facts.outputs]
    assert errors[:2] == [None, None]
    assert errors[2] is not None
    assert errors[2].message == f"{tmp_path}/none/x.mp4 cannot be written: there is no folder {tmp_path}/none"
    assert errors[2].exit_code == 3


def test_each_fault_is_kept_and_the_rest_still_tried(tmp_path: Path) -> None:
    facts = gather(
        settings(
            tmp_path,
            "nonsense",
            "null",
            source={"input": str(tmp_path / "none.mp4")},
            effect={"name": "no-such-effect"},
        )
    )
    assert facts.source is not None
    assert facts.source.error is not None
    assert facts.source.error.exit_code == 3
    assert facts.outputs[0].error is not None
    assert facts.outputs[1].error is None
    assert facts.plan is not None
    assert facts.plan.error is not None
    assert facts.plan.error.exit_code == 2
    assert facts.frame_ms is None


@pytest.mark.parametrize("effect", ["replace", "split"])
def test_a_background_is_tried_where_one_is_shown(tmp_path: Path, effect: str) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    tables = {"name": effect, "split": {"before": "none", "after": "replace"}}
    facts = gather(settings(tmp_path, effect={**tables, "replace": {"background": str(tmp_path / "film.mp4")}}))
    assert facts.background is not None
    assert facts.background.error is not None
    assert facts.plan is not None
    assert facts.plan.error is None
    assert gather(settings(tmp_path)).background is None


def test_a_library_that_does_not_load_ends_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ImportError("libGL.so.1: cannot open shared object file", name="cv2")

    monkeypatch.setattr(importlib, "import_module", broken)
    facts = gather(settings(tmp_path))
    assert facts.import_error is not None
    assert facts.import_error.hint.startswith("sudo apt install libgl1")
    assert facts.source is None


def test_a_machine_where_nothing_may_be_written_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("cannot cache function '_outside': no locator available for file '/x/checks.py'")

    monkeypatch.setattr(importlib, "import_module", broken)
    facts = gather(settings(tmp_path))
    assert facts.import_error is not None
    assert facts.import_error.hint.endswith("NUMBA_CACHE_DIR")
    assert facts.import_error.exit_code == 3


def test_why_not_cuda_is_asked_only_where_it_matters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from livecut.inference import accelerator

    monkeypatch.setattr(accelerator, "why_no_cuda", lambda: "libcudnn.so.9 is missing")
    assert checkup._no_cuda(settings(tmp_path)) == ""
    assert checkup._no_cuda(settings(tmp_path, device="auto")) == "libcudnn.so.9 is missing"
    monkeypatch.setattr(accelerator, "why_no_cuda", lambda: "this machine has no NVIDIA driver")
    assert checkup._no_cuda(settings(tmp_path, device="auto")) == ""
