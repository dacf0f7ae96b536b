"""Run a network on pictures of its size: the only user of ONNX Runtime's sessions."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from livecut.errors import AcceleratorError
from livecut.inference.accelerator import CPU, Accelerator, runtime
from livecut.inference.null import NULL, NullRunner
from livecut.inference.session import (
    channels_first,
    check_session,
    fixed_inputs,
    input_name,
    open_session,
    output_names,
    translated,
)
from livecut.inference.spec import MatteOutput, ModelSpec, StatePair
from livecut.inference.store import locate
from livecut.kernels.cpu.tensor import activate, scale_depth, to_tensor
from livecut.protocols import Need
from livecut.types import Pixels, Plane

__all__ = ["Network", "Runner", "open_runner"]

log = logging.getLogger("livecut.inference")


class Network(Protocol):
    """What an estimator needs of a loaded network."""

    @property
    def spec(self) -> ModelSpec:
        """Its row of the manifest."""
        ...

    @property
    def accelerator(self) -> Accelerator:
        """Where it really runs."""
        ...

    @property
    def image(self) -> Pixels:
        """Memory of the size the network sees; painting here before `run(image)` saves a copy."""
        ...

    def run(self, image: Pixels) -> Mapping[Need, Plane]:
        """Answer for one picture of the network's size; the planes are valid until the next call."""
        ...

    def reset(self) -> None:
        """Forget recurrent state."""
        ...

    def close(self) -> None:
        """Release it. Idempotent."""
        ...


def open_runner(spec: ModelSpec, accelerator: Accelerator = CPU, *, threads: int = 0) -> Network:
    """Load and warm the network of one row; `threads` 0 lets livecut choose.

    Raises `ModelError` (not fetched, broken, another file) or `AcceleratorError`.
    """
    if spec.name == NULL.name:
        return NullRunner(spec)
    return Runner(spec, locate(spec), accelerator, threads=threads)


class Runner:
    """One network in memory, warmed: its first run, slow on a GPU, is over when the constructor returns.

    Used by one thread. Falls back to the CPU, with a warning, where the accelerator was not asked for by name.
    Raises `ModelError` when the file is broken or differs from its row, `AcceleratorError` when the GPU fails.
    """

    def __init__(self, spec: ModelSpec, path: Path, accelerator: Accelerator = CPU, *, threads: int = 0) -> None:
        self.spec = spec
        self.accelerator = accelerator
        self.image: Pixels = np.zeros((spec.input.height, spec.input.width, 3), np.uint8)
        # A network that takes pixels as they are reads them from where they are painted.
        self._tensor: NDArray[Any] = (
            self.image[np.newaxis] if spec.input.dtype == "uint8" else np.zeros(spec.input.shape, np.float32)
        )
        self._mean = np.array(spec.input.mean, np.float32)
        self._std = np.array(spec.input.std, np.float32)
        shape = (spec.input.height, spec.input.width)
        self._input = spec.input.name
        self._session: Any = None
        self._binding: Any = None
        self._constants: dict[str, Any] = {}
        self._fresh: dict[StatePair, tuple[Any, Any, Any]] = {}
        self._states: dict[StatePair, tuple[Any, Any, Any]] = {}
        self._raw: list[NDArray[np.float32]] = []
        self._planes: dict[Need, Plane] = {need: np.zeros(shape, np.float32) for need in spec.gives}
        try:
            self._open(path, threads)
        except AcceleratorError as error:
            if accelerator.required or accelerator.device == "cpu":
                raise
            log.warning("%s; it runs on the CPU", error)
            self.accelerator = Accelerator("cpu", why=str(error))
            self._open(path, threads)

    def run(self, image: Pixels) -> Mapping[Need, Plane]:
        """Answer for `image`, BGR (height, width, 3) of the network's size; cheapest when it is `self.image`.

        Alpha and nearness are 0 … 1, NaN stays NaN. The planes are valid until the next call.
        """
        if self._session is None:
            raise ValueError("the runner is closed")
        if image.shape != self.image.shape or image.dtype != np.uint8:
            raise ValueError(f"the picture must be uint8 {self.image.shape}, not {image.dtype} {image.shape}")
        given = self.spec.input
        if given.dtype == "uint8":
            if image is not self.image:
                np.copyto(self.image, image)
        else:
            rgb, nchw = given.colour == "rgb", given.layout == "nchw"
            to_tensor(image, self._tensor, mean=self._mean, std=self._std, rgb=rgb, nchw=nchw)
        with translated(self.spec, self.accelerator, "run"):
            self._infer()
        self._read_planes()
        return self._planes

    def warm(self) -> None:
        """Run once on a grey picture and forget it."""
        self.image[...] = 128
        self.run(self.image)
        self.reset()

    def reset(self) -> None:
        """Forget recurrent state."""
        self._states = dict(self._fresh)

    def close(self) -> None:
        """Release the session. Idempotent."""
        self._session, self._binding = None, None
        self._constants, self._fresh, self._states = {}, {}, {}

    def _open(self, path: Path, threads: int) -> None:
        """Load, hold against the row, learn the outputs' shapes from a first run, and bind memory for them."""
        spec, accelerator = self.spec, self.accelerator
        session = open_session(spec, path, accelerator, threads)
        check_session(session, spec)
        fixed = fixed_inputs(session, spec)
        self._input = input_name(session, spec)
        names = output_names(session, spec)
        with translated(spec, accelerator, "run"):
            states = [state.output for state in spec.states]
            answers = session.run(names + states, {self._input: self._tensor, **fixed})
            self._binding = session.io_binding()
        planes, states_after = answers[: len(names)], answers[len(names) :]
        self._raw = []
        for name, output, answer in zip(names, spec.outputs.values(), planes, strict=True):
            memory = np.zeros_like(answer)
            self._raw.append(channels_first(spec, name, memory, output.channel))
            self._binding.bind_ortvalue_output(name, _value(memory))
        self._constants = {name: _value(fixed[name]) for name in spec.constants}
        device = "cuda" if accelerator.device == "cuda" else "cpu"
        self._fresh = {
            # What the first frame is given, and two that take turns in being written: nothing is copied.
            state: (_value(np.zeros_like(after), device), _value(after, device), _value(after.copy(), device))
            for state, after in zip(spec.states, states_after, strict=True)
        }
        self._session = session
        self.reset()
        self.warm()

    def _infer(self) -> None:
        binding = self._binding
        # Bound anew each time, for on a GPU binding is what copies it there.
        binding.bind_cpu_input(self._input, self._tensor)
        for name, value in self._constants.items():
            binding.bind_ortvalue_input(name, value)
        for state, (given, taken, _) in self._states.items():
            binding.bind_ortvalue_input(state.input, given)
            binding.bind_ortvalue_output(state.output, taken)
        self._session.run_with_iobinding(binding)
        # What was written is read next; what is written next is neither that nor the zeros `reset` needs.
        self._states = {state: (new, spare, new) for state, (_, new, spare) in self._states.items()}

    def _read_planes(self) -> None:
        for (need, output), raw in zip(self.spec.outputs.items(), self._raw, strict=True):
            plane = self._planes[need]
            if isinstance(output, MatteOutput):
                activate(raw, output.channel, output.activation, plane)
            else:
                scale_depth(raw, output.channel, far=output.far, near=output.near, out=plane)


def _value(array: NDArray[Any], device: str = "cpu") -> Any:
    """ONNX Runtime's view of `array`, or its copy on another device."""
    return runtime().OrtValue.ortvalue_from_numpy(array, device, 0)
