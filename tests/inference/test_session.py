"""A session is opened on the device asked for and held against the manifest's row."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.graphs import HEIGHT, RECURRENT, WIDTH, identity_graph, joint_graph, recurrent_graph, spec_for

from livecut.errors import AcceleratorError, ModelError
from livecut.inference import session as opening
from livecut.inference.accelerator import CPU, Accelerator, runtime
from livecut.inference.session import (
    channels_first,
    check_session,
    fixed_inputs,
    input_name,
    open_session,
    output_names,
    spins_briefly,
    threads_for,
    translated,
)

IDENTITY: dict[str, Any] = {
    "task": "matte",
    "input": {"name": "x", "width": WIDTH, "height": HEIGHT, "layout": "nchw", "colour": "rgb"},
    "matte": {"name": "y"},
    "depth": None,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "small.onnx"


def _cpu(content: bytes, path: Path, **changes: Any) -> tuple[Any, Any]:
    spec = spec_for(content, **changes)
    return open_session(spec, path, CPU, 1), spec


def test_a_session_as_described_passes(path: Path) -> None:
    check_session(*_cpu(joint_graph(path), path))
    check_session(*_cpu(recurrent_graph(path), path, **RECURRENT))
    check_session(*_cpu(identity_graph(path, dynamic=True), path, **IDENTITY))


def _input(**changes: Any) -> dict[str, Any]:
    return {"input": {**IDENTITY["input"], **changes}}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        (_input(name="picture"), "inputs are x, not picture"),
        ({"constants": {"ratio": 1.0}}, "inputs are x, not ratio, x"),
        (_input(width=WIDTH + 8), "input x has shape [1, 3, 16, 24], not [1, 3, 16, 32]"),
        (_input(layout="nhwc"), "input x has shape [1, 3, 16, 24], not [1, 16, 24, 3]"),
        (_input(layout="nhwc", colour="bgr", dtype="uint8"), "input x is tensor(float), not tensor(uint8)"),
        ({"matte": {"name": "alpha"}}, "outputs are y, without alpha"),
        ({"states": [{"input": "x", "output": "s"}]}, "outputs are y, without s"),
    ],
)
def test_a_session_that_differs_says_where(path: Path, changes: dict[str, Any], what: str) -> None:
    session, spec = _cpu(identity_graph(path), path, **{**IDENTITY, **changes})
    with pytest.raises(ModelError) as caught:
        check_session(session, spec)
    assert caught.value.message == f"small differs from its specification: {what}"
    assert caught.value.hint == "livecut models get small --force"


def test_a_row_without_a_name_means_the_only_input(path: Path) -> None:
    session, spec = _cpu(identity_graph(path), path, **{**IDENTITY, **_input(name="")})
    check_session(session, spec)
    assert input_name(session, spec) == "x"
    changes = {**RECURRENT, "input": {**RECURRENT["input"], "name": ""}}
    with pytest.raises(ModelError, match=r"inputs are gain, r1i, src, not a single one, gain, r1i$"):
        check_session(*_cpu(recurrent_graph(path), path, **changes))


def test_a_row_without_a_name_means_the_only_output(path: Path) -> None:
    session, spec = _cpu(identity_graph(path), path, **{**IDENTITY, "matte": {"name": ""}})
    check_session(session, spec)
    assert output_names(session, spec) == ["y"]
    session, spec = _cpu(recurrent_graph(path), path, **{**RECURRENT, "matte": {"name": ""}})
    with pytest.raises(ModelError, match=r"outputs are fgr, pha, r1o, without a single one$"):
        check_session(session, spec)


def test_fixed_inputs_are_constants_and_zeros(path: Path) -> None:
    fixed = fixed_inputs(*_cpu(recurrent_graph(path), path, **RECURRENT))
    assert fixed["gain"].tolist() == [0.25]
    assert fixed["r1i"].dtype == np.float32
    assert fixed["r1i"].tolist() == [[[[0.0]]]]


def test_channels_are_found_first_or_last(path: Path) -> None:
    spec = spec_for(identity_graph(path), **IDENTITY)
    first = np.arange(2 * HEIGHT * WIDTH, dtype=np.float32).reshape(1, 2, HEIGHT, WIDTH)
    last = np.ascontiguousarray(first.transpose(0, 2, 3, 1))
    for answer in (first, last):
        view = channels_first(spec, "y", answer, 1)
        assert np.array_equal(view, first[0])
        assert np.shares_memory(view, answer)


@pytest.mark.parametrize(
    ("shape", "channel"),
    [((1, 2, HEIGHT, WIDTH), 2), ((1, HEIGHT, WIDTH), 0), ((1, 1, WIDTH, HEIGHT), 0), ((2, 1, HEIGHT, WIDTH), 0)],
)
def test_an_answer_of_another_shape_is_refused(path: Path, shape: tuple[int, ...], channel: int) -> None:
    spec = spec_for(identity_graph(path), **IDENTITY)
    with pytest.raises(ModelError, match=r"differs from its specification: output y is float32 \["):
        channels_first(spec, "y", np.zeros(shape, np.float32), channel)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_file_cut_short_is_a_model_error(path: Path, kept: int) -> None:
    content = joint_graph(path)
    path.write_bytes(content[:kept])
    with pytest.raises(ModelError, match=r"^small cannot be loaded: ") as caught:
        open_session(spec_for(content), path, CPU, 1)
    assert "\n" not in caught.value.message


def test_a_file_that_is_no_network_is_a_model_error(path: Path) -> None:
    content = joint_graph(path)
    path.write_text("<html>404</html>")
    with pytest.raises(ModelError, match=r"^small cannot be loaded: "):
        open_session(spec_for(content), path, CPU, 1)
    path.unlink()
    with pytest.raises(ModelError, match=r"^small cannot be loaded: "):
        open_session(spec_for(content), path, CPU, 1)


def test_an_accelerator_that_falls_back_in_silence_is_caught(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = joint_graph(path)
    real = runtime()

    def fall_back(model: str, options: Any, *, providers: list[Any], enable_fallback: int) -> Any:
        assert (providers, enable_fallback) == ([("CUDAExecutionProvider", {"a": 1}), "CPUExecutionProvider"], 0)
        return real.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    fake = SimpleNamespace(**{**vars(real), "InferenceSession": fall_back})
    monkeypatch.setattr(opening, "runtime", lambda: fake)
    with pytest.raises(AcceleratorError) as caught:
        open_session(spec_for(content), path, Accelerator("cuda", {"a": 1}), 1)
    assert caught.value.message == "small cannot be loaded on CUDA: ONNX Runtime fell back to the CPU"
    assert caught.value.hint == "livecut doctor says why; or --device cpu"


def test_errors_on_a_gpu_are_the_accelerators_and_broken_files_the_models(path: Path) -> None:
    spec = spec_for(joint_graph(path))
    cuda = Accelerator("cuda")
    with pytest.raises(AcceleratorError) as caught, translated(spec, cuda, "run"):
        raise RuntimeError("CUDA failure 2: out of memory\nin file x")
    assert caught.value.message == "small cannot be run on CUDA: CUDA failure 2: out of memory"
    assert caught.value.hint == "close what else uses the GPU, or --device cpu"
    assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.raises(ModelError, match=r"^small cannot be loaded: "), translated(spec, cuda, "loaded"):
        runtime().InferenceSession(b"no graph", providers=["CPUExecutionProvider"])


def test_deliberate_errors_and_interrupts_pass_untouched(path: Path) -> None:
    spec = spec_for(joint_graph(path))
    own = ModelError("as it was")
    with pytest.raises(ModelError) as caught, translated(spec, CPU, "run"):
        raise own
    assert caught.value is own
    with pytest.raises(KeyboardInterrupt), translated(spec, CPU, "run"):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("version", "width", "height", "cores", "threads"),
    [
        ("1.31.1", 256, 256, 16, 2),
        ("1.31.1", 256, 256, 3, 2),
        ("1.31.1", 288, 160, 2, 1),
        ("1.31.1", 288, 160, 1, 1),
        ("1.31.1", 512, 288, 2, 2),
        ("1.31.1", 512, 288, 64, 4),
        ("1.31.1", 288, 160, None, 1),
        ("1.20.0", 256, 256, 16, 1),
        ("1.20.0", 512, 288, 1, 1),
        ("1.20.0", 512, 288, 4, 2),
        ("1.20.0", 512, 288, 64, 4),
    ],
)
def test_threads_are_two_for_a_small_network_if_they_can_be_kept_from_spinning_and_leave_a_core(
    monkeypatch: pytest.MonkeyPatch, version: str, width: int, height: int, cores: int | None, threads: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(runtime(), "__version__", version)
    assert threads_for(spec_for(b"x", **{**IDENTITY, **_input(width=width, height=height)})) == threads


@pytest.mark.parametrize(
    ("version", "briefly"),
    [("1.20.1", False), ("1.26.9", False), ("1.27.0", True), ("1.31.1", True), ("2.0.0rc1", True)],
)
def test_versions_are_compared_as_numbers(version: str, briefly: bool) -> None:
    assert spins_briefly(version) is briefly
