"""A network on the device's own memory: the same answers, bound once, and the next way when one is refused."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray
from support.graphs import HEIGHT, WIDTH, identity_graph, joint_graph, spec_for

from livecut.errors import AcceleratorError
from livecut.inference import resident
from livecut.inference.accelerator import CPU, Accelerator
from livecut.inference.resident import NotResident, ResidentPool, ResidentRunner, open_resident
from livecut.inference.runner import Runner
from livecut.inference.spec import DepthOutput
from livecut.inference.store import find, locate
from livecut.protocols import Need

JOINT = find("livecut-joint-small").without_held()
CUDA = Accelerator("cuda", {"gpu_mem_limit": 1}, required=True)


class HostMemory:
    """The host as the device: ONNX Runtime's CPU provider runs on its memory by address, as CUDA's does."""

    kind = "cpu"

    def __init__(self, stream_pointer: int = 0) -> None:
        self.stream_pointer = stream_pointer
        self.waits = 0

    def empty(self, count: int, dtype: DTypeLike = np.float32) -> Any:
        return np.full(count, 7, dtype)

    def given(self, array: NDArray[Any]) -> Any:
        return np.array(array).reshape(-1)

    def pointer(self, array: Any) -> int:
        return int(array.ctypes.data)

    def finish(self) -> None:
        self.waits += 1


def test_answers_lie_in_the_devices_memory_and_are_the_runners() -> None:
    image = np.random.default_rng(0).integers(0, 256, (JOINT.input.height, JOINT.input.width, 3)).astype(np.uint8)
    theirs = Runner(JOINT, locate(JOINT)).run(image)
    ours = open_resident(JOINT, CPU, device=HostMemory())
    assert ours.image is ours.tensor
    ours.image[:] = image.reshape(-1)
    ours.run()
    for need, plane in theirs.items():
        raw = ours.planes[need]
        per_channel, per_row, per_column = raw.strides
        y, x = np.mgrid[0 : plane.shape[0], 0 : plane.shape[1]]
        answer = raw.memory[raw.output.channel * per_channel + y * per_row + x * per_column]
        if isinstance(raw.output, DepthOutput):
            answer = (answer - raw.output.far) / (raw.output.near - raw.output.far)
        assert np.abs(np.clip(answer, 0, 1) - plane).max() < 1e-5
    assert ours.how == "CPU"
    ours.close()
    ours.close()
    with pytest.raises(ValueError, match=r"the runner is closed"):
        ours.run()


class Graph:
    """ONNX Runtime's session as far as a resident runner uses it; refuses what `refused` names."""

    opened: ClassVar[list[tuple[str, dict[str, Any], Any]]] = []
    refused: tuple[str, ...] = ()

    def __init__(self, accelerator: Accelerator, ahead: Any) -> None:
        self.options = dict(accelerator.options)
        self.runs = 0
        self.threads = set[str]()
        self.bound: list[tuple[str, str, int]] = []
        Graph.opened.append((accelerator.device, self.options, ahead))

    def get_inputs(self) -> list[Any]:
        return [_node("image", "tensor(uint8)", [1, JOINT.input.height, JOINT.input.width, 3])]

    def get_outputs(self) -> list[Any]:
        size = [1, 1, JOINT.input.height, JOINT.input.width]
        return [_node("matte", "tensor(float)", size), _node("depth", "tensor(float)", size)]

    def io_binding(self) -> Graph:
        return self

    def bind_input(self, name: str, kind: str, number: int, dtype: Any, shape: list[int], pointer: int) -> None:
        self.bound.append((name, kind, pointer))

    bind_output = bind_input

    def run_with_iobinding(self, binding: Graph, options: Any) -> None:
        assert options.get_run_config_entry("disable_synchronize_execution_providers") == "1"
        self.runs += 1
        self.threads.add(f"{threading.current_thread().name} {threading.get_ident()}")
        if "graph" in self.refused and "enable_cuda_graph" in self.options:
            raise RuntimeError("operation not permitted when stream is capturing")


def _node(name: str, kind: str, shape: list[int]) -> Any:
    return type("Node", (), {"name": name, "type": kind, "shape": shape})()


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> type[Graph]:
    def opened(spec: Any, path: Path, accelerator: Accelerator, threads: int, *, ahead: Any = None) -> Graph:
        return Graph(accelerator, ahead)

    monkeypatch.setattr(resident, "open_session", opened)
    monkeypatch.setattr(Graph, "opened", [])
    return Graph


def test_launches_are_recorded_on_the_devices_stream(graphs: type[Graph]) -> None:
    device = HostMemory(stream_pointer=4711)
    runner = ResidentRunner(JOINT, locate(JOINT), CUDA, device=device)
    (where, options, ahead), *more = graphs.opened
    assert (where, ahead, more) == ("cuda", None, [])
    assert options == {"gpu_mem_limit": 1, "user_compute_stream": "4711", "enable_cuda_graph": "1"}
    assert runner.how == "CUDA graph"
    # Run, recorded and replayed before the first frame, and bound once and for all.
    assert runner._session.runs == 3
    bound = list(runner._session.bound)
    runner.run()
    assert runner._session.bound == bound
    assert {name for name, _, _ in bound} == {"image", "matte", "depth"}
    assert device.waits == 1


def test_one_thread_runs_a_session_whoever_asks(graphs: type[Graph]) -> None:
    """What another thread recorded is not replayed: it would be recorded again, and what both took is kept."""
    before = threading.active_count()
    runner = ResidentRunner(JOINT, locate(JOINT), CUDA, device=HostMemory())
    session: Any = runner._session
    for _ in range(2):
        user = threading.Thread(target=runner.run)
        user.start()
        user.join()
    assert session.runs == 3 + 2
    assert len(session.threads) == 1
    runner.release()
    assert threading.active_count() == before


def test_what_cannot_be_recorded_runs_plainly(
    graphs: type[Graph], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(graphs, "refused", ("graph",))
    with caplog.at_level(logging.WARNING):
        runner = ResidentRunner(JOINT, locate(JOINT), CUDA, device=HostMemory())
    assert runner.how == "CUDA"
    refusal = "livecut-joint-small cannot be run on CUDA: operation not permitted when stream is capturing"
    assert [record.message for record in caplog.records] == [f"{refusal}; it goes on with CUDA"]


def test_a_recording_refused_in_mid_run_costs_no_frame(graphs: type[Graph], monkeypatch: pytest.MonkeyPatch) -> None:
    runner = ResidentRunner(JOINT, locate(JOINT), CUDA, device=HostMemory())
    monkeypatch.setattr(graphs, "refused", ("graph",))
    runner.run()
    assert runner.how == "CUDA"


def test_tensorrt_comes_first_with_its_engines_kept(
    graphs: type[Graph], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(resident, "_has_tensorrt", lambda: True)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path)
    runner = ResidentRunner(JOINT, locate(JOINT), CUDA, device=HostMemory(stream_pointer=9))
    _, options, (name, trt) = graphs.opened[0]
    assert (runner.how, name) == ("TensorRT", "TensorrtExecutionProvider")
    assert trt["trt_engine_cache_path"] == str(tmp_path / "tensorrt")
    assert trt["user_compute_stream"] == "9"
    # What else switches something on: ONNX Runtime's bindings take no other word for it, and refuse the session.
    assert {name: value for name, value in trt.items() if name.endswith("_enable")} == {
        "trt_fp16_enable": "True", "trt_engine_cache_enable": "True", "trt_timing_cache_enable": "True",
    }  # fmt: skip
    assert "enable_cuda_graph" not in options


def test_engines_that_cannot_be_kept_are_not_built(
    graphs: type[Graph], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(resident, "_has_tensorrt", lambda: True)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path)
    (tmp_path / "tensorrt").touch()
    with caplog.at_level(logging.WARNING):
        runner = ResidentRunner(JOINT, locate(JOINT), CUDA, device=HostMemory())
    assert runner.how == "CUDA graph"
    assert [record.message for record in caplog.records] == [
        f"TensorRT is not used, its engines cannot be kept: {tmp_path / 'tensorrt'}: File exists"
    ]


def test_nothing_left_to_try_is_an_error(graphs: type[Graph], monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self: Graph, binding: Graph, options: Any) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(graphs, "run_with_iobinding", failing)
    before = threading.active_count()
    with pytest.raises(AcceleratorError, match=r"livecut-joint-small cannot be run on CUDA: out of memory"):
        ResidentRunner(JOINT, locate(JOINT), CUDA, device=HostMemory())
    assert threading.active_count() == before


def test_the_planes_are_those_the_network_gives(graphs: type[Graph]) -> None:
    runner = ResidentRunner(JOINT, locate(JOINT), CUDA, device=HostMemory())
    assert set(runner.planes) == {Need.MATTE, Need.DEPTH}
    assert runner.planes[Need.MATTE].strides == (JOINT.input.height * JOINT.input.width, JOINT.input.width, 1)


def test_a_network_of_any_size_is_not_bound(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where its answers end is known only when they are there: memory for them cannot be taken before."""
    path = tmp_path / "any.onnx"
    given = {"name": "x", "width": WIDTH, "height": HEIGHT, "layout": "nchw", "colour": "rgb"}
    row: dict[str, Any] = {"task": "matte", "input": given, "matte": {"name": "y"}, "depth": None}
    spec = spec_for(identity_graph(path, dynamic=True), **row)
    with caplog.at_level(logging.WARNING), pytest.raises(NotResident, match=r"^small has no fixed output shape$"):
        ResidentRunner(spec, path, CPU, device=HostMemory())
    # Another way of running it would not help.
    assert not caplog.records


def test_what_is_held_is_bound_where_the_row_names_it(tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    spec = spec_for(joint_graph(path, held=True), held={"name": "held"})
    image = np.random.default_rng(3).integers(0, 256, (spec.input.height, spec.input.width, 3)).astype(np.uint8)
    theirs = Runner(spec, path).run(image)[Need.HELD]
    runner = ResidentRunner(spec, path, CPU, device=HostMemory())
    runner.image[:] = image.reshape(-1)
    runner.run()
    np.testing.assert_allclose(runner.planes[Need.HELD].memory, theirs.reshape(-1), atol=1e-6)
    without = ResidentRunner(spec.without_held(), path, CPU, device=HostMemory())
    assert set(without.planes) == {Need.MATTE, Need.DEPTH}


def test_a_lent_runner_comes_back_and_is_lent_again(graphs: type[Graph]) -> None:
    pool = ResidentPool(HostMemory)
    first = pool.take(JOINT, CUDA)
    second = pool.take(JOINT, CUDA)
    assert first is not second
    assert first.device is not second.device
    first.close()
    first.close()
    assert pool.take(JOINT, CUDA) is first
    second.close()
    pool.close()
    with pytest.raises(ValueError, match=r"the runner is closed"):
        second.run()
    first.run()
    first.close()
    with pytest.raises(ValueError, match=r"the runner is closed"):
        first.run()


def test_a_runner_that_failed_is_not_lent_again(graphs: type[Graph], monkeypatch: pytest.MonkeyPatch) -> None:
    pool = ResidentPool(HostMemory)
    runner = pool.take(JOINT, CUDA)

    def failing(self: Graph, binding: Graph, options: Any) -> None:
        raise RuntimeError("an illegal memory access")

    with monkeypatch.context() as patch, pytest.raises(AcceleratorError):
        patch.setattr(graphs, "run_with_iobinding", failing)
        runner.run()
    runner.close()
    assert pool.take(JOINT, CUDA) is not runner
