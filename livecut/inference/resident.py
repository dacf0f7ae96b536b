"""Run a network on memory that stays on the GPU: nothing of a frame passes through the host."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import platformdirs
from numpy.typing import DTypeLike, NDArray

from livecut.errors import AcceleratorError, ModelError
from livecut.inference.accelerator import Accelerator, runtime
from livecut.inference.session import check_session, input_name, open_session, output_names, translated
from livecut.inference.spec import DepthOutput, MatteOutput, ModelSpec
from livecut.inference.store import locate
from livecut.kernels.cpu.aside import Aside
from livecut.protocols import Need

__all__ = ["DeviceMemory", "NotResident", "RawPlane", "ResidentPool", "ResidentRunner", "open_resident"]

log = logging.getLogger("livecut.inference")

_TENSORRT: Final = "TensorrtExecutionProvider"
_TYPES: Final = {"uint8": np.uint8, "float32": np.float32}
_IDLE: Final = 2
"""Runners kept without a user: the running plan's twin, and one of the rung before."""
_RUNS_TO_CAPTURE: Final = 3
"""An ordinary one, the one that is recorded, and a replay."""


class NotResident(AcceleratorError):
    """This network can be run on the GPU, but not on memory that was taken for it before."""


class DeviceMemory(Protocol):
    """What a runner needs of a device: memory, and the stream its work is put on."""

    @property
    def kind(self) -> str:
        """ONNX Runtime's name for where the memory is."""
        ...

    @property
    def stream_pointer(self) -> int:
        """Handle of the stream, 0 for none."""
        ...

    def empty(self, count: int, dtype: DTypeLike = ...) -> Any:
        """Memory for `count` elements."""
        ...

    def given(self, array: NDArray[Any]) -> Any:
        """A flat copy of a host array."""
        ...

    def pointer(self, array: Any) -> int:
        """Its address."""
        ...

    def finish(self) -> None:
        """Wait for all that was begun."""
        ...


@dataclass(frozen=True, slots=True)
class RawPlane:
    """One output of a network where it lies: flat float32 memory, and how to walk it."""

    memory: Any
    channels: int
    strides: tuple[int, int, int]
    """Elements from channel to channel, from row to row and from column to column."""
    output: MatteOutput | DepthOutput
    """What its row of the manifest says."""


def open_resident(
    spec: ModelSpec, accelerator: Accelerator, *, device: DeviceMemory, threads: int = 0
) -> ResidentRunner:
    """Load and warm the network of one row on `device`; raises `ModelError` or `AcceleratorError`."""
    return ResidentRunner(spec, locate(spec), accelerator, device=device, threads=threads)


class ResidentPool:
    """Lends runners, each with a stream of its own, to one plan each; closing a lent one gives it back.

    Changing plans then loads nothing. Safe to use from several threads.
    """

    def __init__(self, new_device: Callable[[], DeviceMemory]) -> None:
        """`new_device` opens a stream."""
        self._new_device = new_device
        self._lock = threading.Lock()
        self._idle: list[ResidentRunner] = []
        self._closed = False
        self._all: list[ResidentRunner] = []

    @property
    def runs(self) -> int:
        """Pictures that all runners it ever lent were asked about."""
        return sum(runner.runs for runner in self._all)

    def take(self, spec: ModelSpec, accelerator: Accelerator, *, threads: int = 0) -> ResidentRunner:
        """A runner nobody else uses, loaded if none is idle. Raises as `open_resident`."""
        runner = self._idle_one(spec)
        if runner is None:
            runner = open_resident(spec, accelerator, device=self._new_device(), threads=threads)
            self._all.append(runner)
        runner.lend(self._take_back)
        return runner

    def close(self) -> None:
        """Release what is idle; what is lent is released when it comes back. Idempotent."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._closed = True
        for runner in idle:
            runner.release()

    def _idle_one(self, spec: ModelSpec) -> ResidentRunner | None:
        with self._lock:
            for at, runner in enumerate(self._idle):
                if (runner.spec.name, runner.spec.gives) == (spec.name, spec.gives):
                    return self._idle.pop(at)
        return None

    def _take_back(self, runner: ResidentRunner) -> None:
        runner.reset()
        with self._lock:
            if not self._closed:
                self._idle.append(runner)
                too_many = self._idle[:-_IDLE]
                del self._idle[:-_IDLE]
            else:
                too_many = [runner]
        for old in too_many:
            old.release()


class ResidentRunner:
    """One network whose input, outputs and recurrent state are memory of the device; warmed when it is constructed.

    TensorRT is taken where it is installed; else CUDA with its launches recorded into one graph where shapes and
    addresses are fixed; else plain CUDA. What fails is said and the next one tried. Used by one thread at a time; the
    session itself is run by one thread of its own, whoever uses it: a plan is warmed by another thread than runs it.
    """

    def __init__(
        self, spec: ModelSpec, path: Path, accelerator: Accelerator, *, device: DeviceMemory, threads: int = 0
    ) -> None:
        self.spec = spec
        self.accelerator = accelerator
        self.device = device
        given = spec.input
        pixels = given.width * given.height
        self.tensor: Any = device.given(np.zeros(3 * pixels, _TYPES[given.dtype]))
        """The network's input, flat, in its own layout and type."""
        self.image: Any = self.tensor if given.dtype == "uint8" else device.empty(3 * pixels, np.uint8)
        """(3 · pixels) uint8 BGR that the frame is painted on; the input itself where the network takes it as it is."""
        self.how = ""
        """What runs it, for people: `CUDA`, `CUDA graph` or `TensorRT`."""
        self._path, self._threads = path, threads
        self._ways: Iterator[_Way] = iter(_ways(spec, accelerator, device))
        self._session: Any = None
        self._binding: Any = None
        self._options: Any = None
        self._planes: dict[Need, RawPlane] = {}
        self._states: list[tuple[str, str, tuple[int, ...], Any, Any, Any]] = []
        self._given: list[Any] = []
        self._even = False
        self._fresh = True
        self._closed = False
        self.give_back: Callable[[ResidentRunner], None] | None = None
        """Who gets it when it is closed; None: nobody, it is released."""
        self._is_sound = True
        self._is_lent = False
        self.runs = 0
        """Pictures it was asked about."""
        # ONNX Runtime's providers keep a recording, and what it takes of the GPU, for each thread that ever ran them.
        self._aside = Aside("livecut-network", always=True)
        try:
            self._open_next(None)
        except BaseException:
            self.release()
            raise

    @property
    def planes(self) -> Mapping[Need, RawPlane]:
        """Where `run` leaves its answers."""
        return self._planes

    def run(self) -> None:
        """Begin to answer for what is in `tensor`; the planes are whole for whatever follows on the stream.

        Raises `AcceleratorError`.
        """
        if self._closed:
            raise ValueError("the runner is closed")
        self.runs += 1
        try:
            self._infer()
        except AcceleratorError as error:
            self._is_sound = False
            # A recording may be refused long after loading: another thread took memory meanwhile.
            self._open_next(error)
            self._infer()
            self._is_sound = True

    def reset(self) -> None:
        """Forget recurrent state."""
        self._fresh = True

    def close(self) -> None:
        """Give it back to who lent it, or release it. Idempotent."""
        if self.give_back is None or not self._is_sound:
            self.release()
        elif self._is_lent:
            self._is_lent = False
            self.give_back(self)

    def lend(self, give_back: Callable[[ResidentRunner], None]) -> None:
        """Let who closes it next give it back."""
        self.give_back, self._is_lent = give_back, True

    def release(self) -> None:
        """Release the session. Idempotent."""
        self._closed = True
        self._aside.close()
        self._session = self._binding = None
        self._planes, self._states, self._given = {}, [], []

    def _open_next(self, error: AcceleratorError | None) -> None:
        for way in self._ways:
            if error is not None:
                log.warning("%s; it goes on with %s", error, way.name)
            try:
                self._open(way)
                return
            except NotResident:
                raise
            except AcceleratorError as failed:
                error = failed
        raise error if error is not None else AcceleratorError(f"{self.spec.name} cannot be run on the GPU")

    def _open(self, way: _Way) -> None:
        spec, device = self.spec, self.device
        accelerator = replace(self.accelerator, options={**self.accelerator.options, **way.options})
        session = open_session(spec, self._path, accelerator, self._threads, ahead=way.ahead)
        check_session(session, spec)
        self._bind(session)
        self.how = way.name
        self._options = runtime().RunOptions()
        # The stream keeps the order: nobody on the host needs to wait for the network.
        self._options.add_run_config_entry("disable_synchronize_execution_providers", "1")
        for _ in range(_RUNS_TO_CAPTURE):
            self._infer()
        device.finish()
        self.reset()

    def _bind(self, session: Any) -> None:
        spec, device = self.spec, self.device
        shapes = {node.name: _fixed(node.shape) for node in (*session.get_inputs(), *session.get_outputs())}
        self._session, self._binding = session, session.io_binding()
        self._planes, self._states, self._given = {}, [], []
        name = input_name(session, spec)
        self._bind_input(name, _TYPES[spec.input.dtype], spec.input.shape, self.tensor)
        for constant, value in spec.constants.items():
            shape = shapes[constant] or (1,)
            memory = device.given(np.full(shape, value, np.float32))
            self._given.append(memory)
            self._bind_input(constant, np.float32, shape, memory)
        for (need, output), tensor in zip(spec.outputs.items(), output_names(session, spec), strict=True):
            answer = shapes[tensor]
            if answer is None:
                raise NotResident(f"{spec.name} has no fixed output shape")
            memory = device.empty(int(np.prod(answer)), np.float32)
            self._planes[need] = _plane(spec, tensor, answer, memory, output)
            self._bind_output(tensor, answer, memory)
        for state in spec.states:
            carried = shapes[state.output] or shapes[state.input]
            if carried is None:
                raise NotResident(f"{spec.name} has no fixed state shape")
            zeros = np.zeros(carried, np.float32)
            first, one, other = device.given(zeros), device.given(zeros), device.given(zeros)
            self._states.append((state.input, state.output, carried, first, one, other))

    def _infer(self) -> None:
        for taken, left, shape, first, one, other in self._states:
            # Two memories take turns; what a new shot begins with is never written.
            before, after = (one, other) if self._even else (other, one)
            self._bind_input(taken, np.float32, shape, first if self._fresh else before)
            self._bind_output(left, shape, after)
        with translated(self.spec, self.accelerator, "run"):
            self._aside.start(partial(self._session.run_with_iobinding, self._binding, self._options))
            self._aside.wait()
        self._even, self._fresh = not self._even, False

    def _bind_input(self, name: str, dtype: Any, shape: Sequence[int], memory: Any) -> None:
        device = self.device
        with translated(self.spec, self.accelerator, "bound"):
            self._binding.bind_input(name, device.kind, 0, dtype, list(shape), device.pointer(memory))

    def _bind_output(self, name: str, shape: Sequence[int], memory: Any) -> None:
        device = self.device
        with translated(self.spec, self.accelerator, "bound"):
            self._binding.bind_output(name, device.kind, 0, np.float32, list(shape), device.pointer(memory))


@dataclass(frozen=True, slots=True)
class _Way:
    """One way of running a network on the GPU."""

    name: str
    options: Mapping[str, Any]
    ahead: tuple[str, Mapping[str, Any]] | None = None
    """A provider to be asked before CUDA's."""


def _ways(spec: ModelSpec, accelerator: Accelerator, device: DeviceMemory) -> list[_Way]:
    """The ways there are, the fastest first."""
    stream = {"user_compute_stream": str(device.stream_pointer)} if device.stream_pointer else {}
    plain = _Way(accelerator.label, stream)
    if accelerator.device != "cuda":
        return [plain]
    ways = [plain]
    if not spec.states:
        ways.insert(0, _Way("CUDA graph", {**stream, "enable_cuda_graph": "1"}))
    if _has_tensorrt():
        folder = platformdirs.user_cache_path("livecut", appauthor=False) / "tensorrt"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            # Built anew at every start they would take minutes each time.
            log.warning("TensorRT is not used, its engines cannot be kept: %s: %s", folder, error.strerror or error)
            return ways
        # ONNX Runtime refuses 1 for True here, and here alone.
        options = {
            "trt_fp16_enable": "True",
            "trt_engine_cache_enable": "True",
            "trt_engine_cache_path": str(folder),
            "trt_timing_cache_enable": "True",
            "trt_timing_cache_path": str(folder),
            **stream,
        }
        ways.insert(0, _Way("TensorRT", stream, (_TENSORRT, options)))
    return ways


def _has_tensorrt() -> bool:
    """True where ONNX Runtime is built for TensorRT and its libraries load."""
    if _TENSORRT not in runtime().get_available_providers() or importlib.util.find_spec("tensorrt") is None:
        return False
    try:
        importlib.import_module("tensorrt")  # loads its libraries, which ONNX Runtime then finds
    except Exception as error:  # of a library that is not there, or another release
        log.info("TensorRT is not used: %s", error)
        return False
    return True


def _fixed(shape: Sequence[Any]) -> tuple[int, ...] | None:
    """The shape when it is fixed; a batch that is not named is one."""
    sides = [1 if at == 0 and not isinstance(side, int) else side for at, side in enumerate(shape)]
    return tuple(sides) if all(isinstance(side, int) and side > 0 for side in sides) else None


def _plane(
    spec: ModelSpec, name: str, shape: Sequence[int], memory: Any, output: MatteOutput | DepthOutput
) -> RawPlane:
    height, width = spec.input.height, spec.input.width
    if len(shape) == 4 and shape[0] == 1 and output.channel < shape[1] and tuple(shape[2:]) == (height, width):
        return RawPlane(memory, shape[1], (height * width, width, 1), output)
    if len(shape) == 4 and shape[0] == 1 and output.channel < shape[3] and tuple(shape[1:3]) == (height, width):
        return RawPlane(memory, shape[3], (1, width * shape[3], shape[3]), output)
    raise ModelError(f"{spec.name} differs from its specification: output {name} has shape {list(shape)}")
