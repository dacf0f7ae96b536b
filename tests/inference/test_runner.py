"""A runner answers what ONNX Runtime itself answers, in planes with one meaning."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.graphs import (
    HEIGHT,
    RECURRENT,
    WIDTH,
    identity_graph,
    joint_graph,
    nan_graph,
    recurrent_graph,
    spec_for,
)

from livecut.errors import AcceleratorError, ModelError
from livecut.inference import runner as running
from livecut.inference import store
from livecut.inference.accelerator import CPU, Accelerator, runtime
from livecut.inference.null import NULL, NullRunner
from livecut.inference.runner import Runner, open_runner
from livecut.inference.session import open_session, threads_for
from livecut.protocols import Need
from livecut.sources.demo import DemoSource
from livecut.types import Pixels, Size


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "small.onnx"


def _picture(seed: int, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_planes_are_what_the_network_answers(path: Path) -> None:
    runner = Runner(spec_for(joint_graph(path)), path)
    for seed in range(3):
        picture = _picture(seed)
        planes = runner.run(picture)
        assert set(planes) == {Need.MATTE, Need.DEPTH}
        np.testing.assert_allclose(planes[Need.MATTE], picture[:, :, 0] / 255, atol=1e-6)
        np.testing.assert_allclose(planes[Need.DEPTH], picture[:, :, 2] / 255, atol=1e-6)
        for plane in planes.values():
            assert plane.dtype == np.float32
            assert plane.flags.c_contiguous
    runner.close()


def test_what_is_held_is_read_where_the_row_names_it_and_else_not_even_bound(path: Path) -> None:
    spec = spec_for(joint_graph(path, held=True), held={"name": "held"})
    for one, given in ((spec, {Need.MATTE, Need.DEPTH, Need.HELD}), (spec.without_held(), {Need.MATTE, Need.DEPTH})):
        runner = Runner(one, path)
        assert len(runner._raw) == len(runner._binding.get_outputs()) == len(given)
        picture = _picture(4)
        planes = runner.run(picture)
        assert set(planes) == given
        np.testing.assert_allclose(planes[Need.MATTE], picture[:, :, 0] / 255, atol=1e-6)
        np.testing.assert_allclose(planes[Need.DEPTH], picture[:, :, 2] / 255, atol=1e-6)
        if Need.HELD in given:
            np.testing.assert_allclose(planes[Need.HELD], picture[:, :, :2].max(axis=2) / 255, atol=1e-6)
        runner.close()


def test_a_row_that_names_what_the_network_does_not_hold_is_refused(path: Path) -> None:
    with pytest.raises(ModelError, match=r"outputs are matte, depth, without held"):
        Runner(spec_for(joint_graph(path), held={"name": "held"}), path)


def test_the_picture_may_be_painted_in_place(path: Path) -> None:
    runner = Runner(spec_for(joint_graph(path)), path)
    for seed in range(3):
        runner.image[...] = _picture(seed)
        np.testing.assert_allclose(runner.run(runner.image)[Need.MATTE], _picture(seed)[:, :, 0] / 255, atol=1e-6)


def test_a_picture_that_is_given_is_left_alone(path: Path) -> None:
    picture = _picture(4)
    picture.flags.writeable = False
    Runner(spec_for(joint_graph(path)), path).run(picture)
    assert np.array_equal(picture, _picture(4))


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("colour", ["bgr", "rgb"])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_each_channel_is_normalised_and_found(path: Path, layout: str, colour: str, channel: int) -> None:
    content = identity_graph(path, nhwc=layout == "nhwc")
    mean, std = (10.0, 20.0, 30.0), (300.0, 400.0, 500.0)
    spec = spec_for(
        content,
        task="matte",
        input={
            "name": "x",
            "width": WIDTH,
            "height": HEIGHT,
            "layout": layout,
            "colour": colour,
            "mean": mean,
            "std": std,
        },
        matte={"name": "y", "channel": channel},
        depth=None,
    )
    picture = _picture(5)
    source = picture[:, :, 2 - channel if colour == "rgb" else channel].astype(np.float64)
    expected = np.clip((source - mean[channel]) / std[channel], 0, 1)
    np.testing.assert_allclose(Runner(spec, path).run(picture)[Need.MATTE], expected, atol=1e-6)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_activations_are_applied(path: Path, activation: str) -> None:
    given = {
        "name": "x",
        "width": WIDTH,
        "height": HEIGHT,
        "layout": "nchw",
        "colour": "bgr",
        "mean": (128.0,) * 3,
        "std": (32.0,) * 3,
    }
    spec = spec_for(
        identity_graph(path),
        task="matte",
        input=given,
        matte={"name": "y", "channel": 1, "activation": activation},
        depth=None,
    )
    picture = _picture(6)
    values = (picture.astype(np.float64) - 128) / 32
    expected = 1 / (1 + np.exp(-values[:, :, 1]))
    if activation == "softmax":
        expected = np.exp(values[:, :, 1]) / np.exp(values).sum(axis=2)
    np.testing.assert_allclose(Runner(spec, path).run(picture)[Need.MATTE], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", [spec.name for spec in store.manifest().values() if spec.shipped])
def test_shipped_networks_answer_as_onnx_runtime_itself_does(name: str) -> None:
    spec = store.find(name)
    runner = open_runner(spec)
    session = runtime().InferenceSession(str(store.locate(spec)), providers=["CPUExecutionProvider"])
    for seed in range(2):
        picture = _picture(seed, *spec.input.size)
        picture[: spec.input.height // 2] //= 8
        planes = runner.run(picture)
        assert set(planes) == spec.gives
        if spec.matte is not None:
            (raw,) = session.run([spec.matte.name], {spec.input.name: picture[None]})
            np.testing.assert_allclose(planes[Need.MATTE], raw[0, 0].clip(0, 1), atol=2e-4)
        if spec.depth is not None:
            (raw,) = session.run([spec.depth.name], {spec.input.name: picture[None]})
            expected = (raw[0, 0] - spec.depth.far) / (spec.depth.near - spec.depth.far)
            np.testing.assert_allclose(planes[Need.DEPTH], expected.clip(0, 1), atol=2e-4)


def test_the_only_input_and_output_need_no_names(path: Path) -> None:
    row = {"name": "", "width": WIDTH, "height": HEIGHT, "layout": "nchw", "colour": "bgr", "std": (255.0,) * 3}
    spec = spec_for(identity_graph(path), task="matte", input=row, matte={"name": "", "channel": 1}, depth=None)
    np.testing.assert_allclose(Runner(spec, path).run(_picture(3))[Need.MATTE], _picture(3)[:, :, 1] / 255, atol=1e-6)


def test_nan_comes_through(path: Path) -> None:
    content = nan_graph(path)
    runner = Runner(spec_for(content, task="matte", depth=None), path)
    assert np.isnan(runner.run(_picture(7))[Need.MATTE]).all()


def _recurrent_oracle(pictures: list[Pixels]) -> list[Any]:
    state, answers = np.zeros((HEIGHT, WIDTH)), []
    for picture in pictures:
        state = 0.25 * picture[:, :, 2] / 255 + 0.5 * state
        answers.append(state)
    return answers


def test_state_is_carried_from_picture_to_picture(path: Path) -> None:
    runner = Runner(spec_for(recurrent_graph(path), **RECURRENT), path)
    pictures = [_picture(seed) for seed in range(5)]
    for picture, expected in zip(pictures, _recurrent_oracle(pictures), strict=True):
        np.testing.assert_allclose(runner.run(picture)[Need.MATTE], expected, atol=1e-6)


def test_reset_forgets_the_state(path: Path) -> None:
    runner = Runner(spec_for(recurrent_graph(path), **RECURRENT), path)
    first, second = _picture(8), _picture(9)
    for _ in range(4):
        # As often as memory takes turns, so that none of it was written over.
        runner.run(first)
        runner.run(second)
        runner.reset()
        np.testing.assert_allclose(runner.run(first)[Need.MATTE], _recurrent_oracle([first])[0], atol=1e-6)


def test_warming_leaves_no_trace(path: Path) -> None:
    runner = Runner(spec_for(recurrent_graph(path), **RECURRENT), path)
    runner.warm()
    np.testing.assert_allclose(runner.run(_picture(1))[Need.MATTE], _recurrent_oracle([_picture(1)])[0], atol=1e-6)


def test_another_network_than_described_is_refused(path: Path) -> None:
    identity_graph(path)
    with pytest.raises(ModelError, match=r"^small differs from its specification: inputs are x, not image$"):
        Runner(spec_for(b"whatever"), path)


def test_answers_of_another_size_are_refused(path: Path) -> None:
    content = identity_graph(path, dynamic=True)
    row = {"name": "x", "width": WIDTH, "height": HEIGHT, "layout": "nchw", "colour": "rgb"}
    spec = spec_for(content, task="matte", input=row, matte={"name": "y", "channel": 3}, depth=None)
    with pytest.raises(ModelError, match=r"output y is float32 \[1, 3, 16, 24\]$"):
        Runner(spec, path)


def test_a_picture_of_another_size_is_a_programming_error(path: Path) -> None:
    runner = Runner(spec_for(joint_graph(path)), path)
    with pytest.raises(ValueError, match=r"^the picture must be uint8 \(16, 24, 3\), not uint8 \(24, 16, 3\)$"):
        runner.run(_picture(1, HEIGHT, WIDTH))


def test_a_closed_runner_says_so_and_closes_twice(path: Path) -> None:
    runner = Runner(spec_for(joint_graph(path)), path)
    runner.close()
    runner.close()
    with pytest.raises(ValueError, match=r"^the runner is closed$"):
        runner.run(_picture(1))


def _without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every device but the CPU fails when a session is opened on it."""

    def open_on_cpu(spec: Any, path: Path, accelerator: Accelerator, threads: int) -> Any:
        if accelerator.device != "cpu":
            raise AcceleratorError("small cannot be loaded on CUDA: no memory")
        return open_session(spec, path, accelerator, threads)

    monkeypatch.setattr(running, "open_session", open_on_cpu)


def test_a_gpu_that_fails_is_replaced_by_the_cpu_aloud(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    content = joint_graph(path)
    _without_gpu(monkeypatch)
    runner = Runner(spec_for(content), path, Accelerator("cuda"))
    assert runner.accelerator.device == "cpu"
    assert runner.accelerator.why == "small cannot be loaded on CUDA: no memory"
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (
        logging.WARNING,
        "small cannot be loaded on CUDA: no memory; it runs on the CPU",
    )
    np.testing.assert_allclose(runner.run(_picture(1))[Need.MATTE], _picture(1)[:, :, 0] / 255, atol=1e-6)


def test_a_gpu_asked_for_by_name_is_not_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = joint_graph(path)
    _without_gpu(monkeypatch)
    with pytest.raises(AcceleratorError):
        Runner(spec_for(content), path, Accelerator("cuda", required=True))


def test_opening_checks_the_digest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(tmp_path))
    content = joint_graph(tmp_path / "small.onnx")
    assert isinstance(open_runner(spec_for(content)), Runner)
    (tmp_path / "small.onnx").write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=rf"has {len(content) // 2} bytes, not {len(content)}$"):
        open_runner(spec_for(content))


def test_threads_are_as_many_as_asked_for(path: Path) -> None:
    content = joint_graph(path)
    for threads, expected in ((3, 3), (0, threads_for(spec_for(content)))):
        runner = Runner(spec_for(content), path, CPU, threads=threads)
        assert runner._session.get_session_options().intra_op_num_threads == expected


def test_the_null_network_opens_without_a_file() -> None:
    assert isinstance(open_runner(NULL), NullRunner)


@pytest.mark.parametrize("name", ["livecut-joint-small", "livecut-joint-quality"])
@pytest.mark.parametrize("upright", [False, True])
def test_the_matte_alone_is_the_one_that_comes_with_depth(name: str, upright: bool) -> None:
    spec = store.shapes_of(store.find(name))[upright]
    whole, alone = open_runner(spec), open_runner(store.for_needs(spec, frozenset({Need.MATTE})))
    demo = DemoSource(Size(1280, 720), fps=1.0)
    for _ in range(4):
        frame = demo.read()
        assert frame is not None
        picture = np.empty((spec.input.height, spec.input.width, 3), np.uint8)
        cv2.resize(frame.bgr, spec.input.size, dst=picture, interpolation=cv2.INTER_AREA)
        expected = whole.run(picture)[Need.MATTE]
        assert expected.min() < 0.01 and expected.max() > 0.99
        np.testing.assert_allclose(alone.run(picture)[Need.MATTE], expected, atol=1e-5)
    for one in (whole, alone):
        one.close()
