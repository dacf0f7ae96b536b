"""Open sessions of ONNX Runtime, hold them against the manifest, and translate what they raise."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from livecut.errors import AcceleratorError, LivecutError, ModelError
from livecut.inference.accelerator import Accelerator, runtime
from livecut.inference.spec import ModelSpec
from livecut.kernels.cpu.seats import Seat

__all__ = [
    "channels_first",
    "check_session",
    "fixed_inputs",
    "input_name",
    "open_session",
    "output_names",
    "spins_briefly",
    "threads_for",
    "translated",
]

_SMALL_PX: Final = 256 * 256
_SPIN_US: Final = 200
_BRIEF_SPINS: Final = (1, 27)
"""The first version of ONNX Runtime that is known to take `spin_duration_us`."""
_TYPES: Final = {"uint8": "tensor(uint8)", "float32": "tensor(float)"}
_BROKEN_FILE: Final = frozenset({"InvalidProtobuf", "InvalidGraph", "NoModel", "NoSuchFile", "NotImplemented"})
"""Names of ONNX Runtime's exceptions that are about the file on every device."""


@contextmanager
def translated(spec: ModelSpec, accelerator: Accelerator, doing: str) -> Iterator[None]:
    """Turn what ONNX Runtime raises into `ModelError` or, where a GPU may be the reason, `AcceleratorError`."""
    try:
        yield
    except LivecutError:
        raise
    except Exception as error:  # pybind's exceptions share no base of their own
        text = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        if accelerator.device != "cpu" and type(error).__name__ not in _BROKEN_FILE:
            raise AcceleratorError(
                f"{spec.name} cannot be {doing} on {accelerator.label}: {text}",
                hint="close what else uses the GPU, or --device cpu",
            ) from error
        raise ModelError(f"{spec.name} cannot be {doing}: {text}", hint=_remedy(spec)) from error


def open_session(
    spec: ModelSpec,
    path: Path,
    accelerator: Accelerator,
    threads: int,
    *,
    ahead: tuple[str, Mapping[str, Any]] | None = None,
) -> Any:
    """A session on `accelerator` and on nothing else; `threads` 0 takes `threads_for`.

    `ahead`: another provider and its options, which gets what it can run, and must load.
    """
    ort = runtime()
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads or threads_for(spec)
    options.inter_op_num_threads = 1
    # Threads that spin for longer than the next node of the graph takes to come eat the cores that the pixels need.
    brief = spins_briefly(ort.__version__)
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if brief else "0")
    if brief:
        options.add_session_config_entry("session.intra_op.spin_duration_us", str(_SPIN_US))
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    if accelerator.device == "directml":
        options.enable_mem_pattern = False  # DirectML's own condition
    providers: list[Any] = [] if ahead is None else [(ahead[0], dict(ahead[1]))]
    providers.append((accelerator.provider, dict(accelerator.options)))
    if accelerator.device != "cpu":
        providers.append("CPUExecutionProvider")  # for single nodes it has no kernel for
    with translated(spec, accelerator, "loaded"), Seat.beginning():
        session = ort.InferenceSession(str(path), options, providers=providers, enable_fallback=0)
    if session.get_providers()[0] != (accelerator.provider if ahead is None else ahead[0]):
        raise AcceleratorError(
            f"{spec.name} cannot be loaded on {accelerator.label}: ONNX Runtime fell back to the CPU",
            hint="livecut doctor says why; or --device cpu",
        )
    return session


def spins_briefly(version: str) -> bool:
    """Whether this version of ONNX Runtime can be told for how long its threads look out for work."""
    return tuple(int(part) for part in version.split(".")[:2]) >= _BRIEF_SPINS


def threads_for(spec: ModelSpec) -> int:
    """Threads when nobody says how many: one to two for a small network, four at most for others, as cores go.

    Measured with livecut-joint-small on two cores: a second thread that looks out for work for 200 µs brings a run from
    3.2 ms to 2.3 ms and takes a third more of the processor; one that sleeps at once makes it longer, one that spins as
    long as ONNX Runtime likes takes three times as much. The motion of the picture is found meanwhile, which takes a
    core of its own: with it, one thread for the network was as fast a frame as two. Where ONNX Runtime cannot be told
    how long to spin, a small network gets one thread, others half the cores.
    """
    cores = os.cpu_count() or 1
    is_small = spec.input.width * spec.input.height <= _SMALL_PX
    if spins_briefly(runtime().__version__):
        return min(2, max(1, cores - 1)) if is_small else min(4, cores)
    return 1 if is_small else min(4, max(1, cores // 2))


def check_session(session: Any, spec: ModelSpec) -> None:
    """Raise `ModelError` unless the session takes exactly what the row says and gives what it names."""
    inputs = {node.name: node for node in session.get_inputs()}
    picture = input_name(session, spec)
    wanted = {picture, *spec.constants, *(state.input for state in spec.states)}
    if set(inputs) != wanted:
        names = ", ".join(sorted(name or "a single one" for name in wanted))
        raise _differs(spec, f"inputs are {', '.join(sorted(inputs))}, not {names}")
    node = inputs[picture]
    if node.type != _TYPES[spec.input.dtype]:
        raise _differs(spec, f"input {node.name} is {node.type}, not {_TYPES[spec.input.dtype]}")
    fixed = zip(node.shape, spec.input.shape, strict=False)
    if len(node.shape) != 4 or any(isinstance(have, int) and have != want for have, want in fixed):
        raise _differs(spec, f"input {node.name} has shape {list(node.shape)}, not {list(spec.input.shape)}")
    outputs = [node.name for node in session.get_outputs()]
    for name in output_names(session, spec) + [state.output for state in spec.states]:
        if name not in outputs:
            raise _differs(spec, f"outputs are {', '.join(outputs)}, without {name or 'a single one'}")


def input_name(session: Any, spec: ModelSpec) -> str:
    """Name of the tensor that takes the picture; a row without a name means the only input."""
    inputs = [node.name for node in session.get_inputs()]
    return spec.input.name or (str(inputs[0]) if len(inputs) == 1 else "")


def output_names(session: Any, spec: ModelSpec) -> list[str]:
    """Names of the tensors of `spec.outputs`, in their order; a row without a name means the only output."""
    outputs = [node.name for node in session.get_outputs()]
    only = outputs[0] if len(outputs) == 1 else ""
    return [output.name or only for output in spec.outputs.values()]


def fixed_inputs(session: Any, spec: ModelSpec) -> dict[str, NDArray[np.float32]]:
    """The inputs that are the same with every frame: constants, and the zeros recurrent state begins with."""
    shapes = {node.name: [size if isinstance(size, int) else 1 for size in node.shape] for node in session.get_inputs()}
    values = {name: np.full(shapes[name], value, np.float32) for name, value in spec.constants.items()}
    values.update({state.input: np.zeros(shapes[state.input], np.float32) for state in spec.states})
    return values


def channels_first(
    spec: ModelSpec, name: str, answer: NDArray[np.float32], channel: int
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A view (channels, h, w) of an output (1, channels, h, w) or (1, h, w, channels)."""
    size = (spec.input.height, spec.input.width)
    if answer.dtype == np.float32 and answer.ndim == 4 and answer.shape[0] == 1:
        if answer.shape[2:] == size and channel < answer.shape[1]:
            return np.reshape(answer, answer.shape[1:])
        if answer.shape[1:3] == size and channel < answer.shape[3]:
            return np.transpose(answer[0], (2, 0, 1))
    raise _differs(spec, f"output {name} is {answer.dtype} {list(answer.shape)}")


def _differs(spec: ModelSpec, what: str) -> ModelError:
    return ModelError(f"{spec.name} differs from its specification: {what}", hint=_remedy(spec))


def _remedy(spec: ModelSpec) -> str:
    return "reinstall livecut" if spec.shipped else f"livecut models get {spec.name} --force"
