"""What runs is what was seen to load; falling back is said, and refused where a device was asked for by name."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livecut.errors import AcceleratorError
from livecut.inference import accelerator
from livecut.inference.accelerator import CPU, Accelerator, choose, runtime, why_no_cuda


class FakeRuntime:
    """ONNX Runtime as far as `choose` uses it: which providers it is built with, which load, and what it prints."""

    __version__ = "1.99"

    class SessionOptions:
        log_severity_level = 2

    def __init__(self, built: tuple[str, ...], loads: tuple[str, ...] = (), *, error: Exception | None = None) -> None:
        self.built = (*built, "CPUExecutionProvider")
        self.loads = (*loads, "CPUExecutionProvider")
        self.error = error
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.severity = 2
        self.__file__ = str(Path(__file__).parent / "onnxruntime" / "__init__.py")

    def get_available_providers(self) -> list[str]:
        return list(self.built)

    def set_default_logger_severity(self, severity: int) -> None:
        self.severity = severity

    def preload_dlls(self) -> None:
        print("Failed to load libcudnn.so.9")

    def InferenceSession(  # noqa: N802
        self, model: bytes, options: Any, *, providers: list[tuple[str, dict[str, Any]]], enable_fallback: int
    ) -> Any:
        assert enable_fallback == 0
        assert options.log_severity_level == 4
        assert self.severity == 4
        self.asked += providers
        if self.error is not None:
            raise self.error
        registered = [name for name, _ in providers if name in self.loads] + ["CPUExecutionProvider"]

        class Session:
            def get_providers(self) -> list[str]:
                return registered

        return Session()


CUDA = "CUDAExecutionProvider"


def test_the_cpu_is_had_without_asking_anyone() -> None:
    assert choose("cpu", ort=object()) is CPU
    assert (CPU.provider, CPU.label, CPU.required) == ("CPUExecutionProvider", "CPU", False)


def test_auto_takes_cuda_where_it_loads(caplog: pytest.LogCaptureFixture) -> None:
    chosen = choose("auto", ort=FakeRuntime((CUDA,), (CUDA,)), driver=lambda: True)
    assert (chosen.device, chosen.provider, chosen.label, chosen.required) == ("cuda", CUDA, "CUDA", False)
    assert caplog.records == []


def test_cuda_by_name_is_required() -> None:
    assert choose("cuda", ort=FakeRuntime((CUDA,), (CUDA,)), driver=lambda: True).required


def test_cuda_is_asked_for_with_its_memory_held_small() -> None:
    ort = FakeRuntime((CUDA,), (CUDA,))
    chosen = choose("auto", ort=ort, driver=lambda: True)
    assert ort.asked == [(CUDA, dict(chosen.options))]
    assert chosen.options["cudnn_conv_algo_search"] == "HEURISTIC"
    assert chosen.options["arena_extend_strategy"] == "kSameAsRequested"
    assert chosen.options["gpu_mem_limit"] == 2 * 1024**3


def test_auto_says_when_it_falls_back(caplog: pytest.LogCaptureFixture) -> None:
    chosen = choose("auto", ort=FakeRuntime((CUDA,)), driver=lambda: True)
    assert chosen.device == "cpu"
    assert chosen.why.startswith(str(Path(__file__).parent)) or chosen.why == "its libraries do not load"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == f"networks run on the CPU: {chosen.why}"


def test_where_there_is_no_driver_nothing_falls_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ort = FakeRuntime((CUDA,), (CUDA,))
    chosen = choose("auto", ort=ort, driver=lambda: False)
    assert (chosen.device, chosen.why) == ("cpu", "this machine has no NVIDIA driver")
    assert ort.asked == []
    assert [record.levelno for record in caplog.records] == [logging.INFO]


@pytest.mark.parametrize(
    ("ort", "driver", "message", "hint"),
    [
        (
            FakeRuntime((CUDA,)),
            False,
            "CUDA cannot be used: this machine has no NVIDIA driver",
            "install NVIDIA's driver until nvidia-smi lists the card; or --device cpu",
        ),
        (
            FakeRuntime(()),
            True,
            "CUDA cannot be used: the installed ONNX Runtime 1.99 is built without it",
            "pip uninstall onnxruntime, then pip install --force-reinstall onnxruntime-gpu; or --device cpu",
        ),
        (
            FakeRuntime((CUDA,), error=RuntimeError("CUDA failure 35: driver version is insufficient\nat line 3")),
            True,
            "CUDA cannot be used: CUDA failure 35: driver version is insufficient",
            "install NVIDIA's driver until nvidia-smi lists the card; or --device cpu",
        ),
        (
            FakeRuntime((CUDA,), error=RuntimeError("cuDNN is of another version")),
            True,
            "CUDA cannot be used: cuDNN is of another version",
            "pip install 'livecut[cuda]' brings NVIDIA's libraries; livecut doctor tells more; or --device cpu",
        ),
    ],
)
def test_cuda_by_name_is_had_or_an_error(ort: FakeRuntime, driver: bool, message: str, hint: str) -> None:
    with pytest.raises(AcceleratorError) as caught:
        choose("cuda", ort=ort, driver=lambda: driver)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.exit_code == 4


def test_a_provider_that_does_not_register_is_no_provider() -> None:
    with pytest.raises(AcceleratorError, match=r"^CUDA cannot be used: "):
        choose("cuda", ort=FakeRuntime((CUDA,), ()), driver=lambda: True)


@pytest.mark.parametrize(
    ("device", "provider", "label"),
    [("directml", "DmlExecutionProvider", "DirectML"), ("coreml", "CoreMLExecutionProvider", "CoreML")],
)
def test_other_gpus_are_had_by_name(device: Any, provider: str, label: str) -> None:
    chosen = choose(device, ort=FakeRuntime((provider,), (provider,)))
    assert (chosen.provider, chosen.label, chosen.required) == (provider, label, True)
    with pytest.raises(AcceleratorError) as caught:
        choose(device, ort=FakeRuntime(()))
    assert caught.value.message == f"{label} cannot be used: the installed ONNX Runtime 1.99 is built without it"
    assert caught.value.hint.endswith("or --device cpu")


def test_what_the_runtime_prints_is_kept_back(capsys: pytest.CaptureFixture[str]) -> None:
    ort = FakeRuntime((CUDA,))
    choose("auto", ort=ort, driver=lambda: True)
    assert capsys.readouterr() == ("", "")
    assert ort.severity == 3


def test_the_probe_is_a_graph_the_real_runtime_runs() -> None:
    ort = runtime()
    session = ort.InferenceSession(accelerator._PROBE, providers=["CPUExecutionProvider"])
    assert session.run(None, {"x": np.array(2.5, np.float32)}) == [2.5]


def test_the_real_runtime_tells_the_truth_here() -> None:
    # On a machine with CUDA the reason is empty and `auto` takes it; on others it is not and `auto` does not.
    assert (choose("auto").device == "cuda") == (why_no_cuda() == "")


def test_an_accelerator_is_a_value() -> None:
    assert Accelerator("cuda", {"a": 1}) == Accelerator("cuda", {"a": 1})


def test_choosing_prints_nothing() -> None:
    code = "from livecut.inference.accelerator import choose; choose('auto', driver=lambda: True)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == ""
    # Nothing but the one line `logging` gives a warning without handlers.
    assert len(done.stderr.splitlines()) <= 1


def test_a_runtime_that_cannot_be_imported_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    runtime.cache_clear()
    try:
        with pytest.raises(AcceleratorError, match=r"^ONNX Runtime cannot be imported: ") as caught:
            runtime()
        assert caught.value.hint == "pip install --force-reinstall onnxruntime-gpu"
    finally:
        runtime.cache_clear()


def test_onnx_runtime_leaves_no_telemetry_behind(tmp_path: Path) -> None:
    code = (
        "from livecut.inference.runner import open_runner\n"
        "from livecut.inference.store import find\n"
        "open_runner(find('livecut-joint-small')).close()\n"
    )
    environ = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environ |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environ, check=True, cwd=tmp_path)
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name.lower() or path.name == ".ses"] == []
