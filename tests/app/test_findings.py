"""The doctor's checks, over facts of machines that are not here."""

from __future__ import annotations

import pytest

from livecut.app.findings import Facts, Finding, Tried, examine, exit_code, missing_library
from livecut.errors import AcceleratorError, DeviceUnavailable, LivecutError, ModelError
from livecut.sinks.devices import VirtualCameraInfo
from livecut.sources.devices import CameraInfo
from livecut.types import Size
from livecut.v4l2 import Format

CAMERA = CameraInfo(
    0,
    "C920",
    "/dev/video0",
    (
        Format("YUYV", Size(1280, 720), (10.0,)),
        Format("MJPG", Size(1920, 1080), (30.0,)),
        Format("MJPG", Size(3840, 2160), (30.0,)),
        Format("MJPG", Size(640, 480), (60.0,)),
    ),
)


def only(facts: Facts) -> Finding:
    (finding,) = examine(facts)
    return finding


def test_nothing_known_is_no_finding() -> None:
    assert examine(Facts()) == ()
    assert exit_code(()) == 0


def test_a_background_that_is_not_to_be_had_is_a_note_as_long_as_something_stands_in_for_it() -> None:
    plan, error = (
        Tried("replace with net"),
        DeviceUnavailable("a screen needs mss", hint="pip install 'livecut[screen]'"),
    )
    there = examine(Facts(plan=plan, background=Tried("beach.mp4")))
    assert [(finding.topic, finding.state) for finding in there] == [("networks", "ok"), ("background", "ok")]
    *_, lost = examine(Facts(plan=plan, background=Tried("screen", error=error)))
    assert lost == Finding(
        "background",
        "note",
        "a screen needs mss: your own room stands there instead, strongly blurred",
        "pip install 'livecut[screen]'",
    )
    told = Tried("replace with net", error=error)
    assert [finding.topic for finding in examine(Facts(plan=told, background=Tried("screen", error=error)))] == [
        "networks"
    ]


def test_a_healthy_machine() -> None:
    findings = examine(
        Facts(
            packages={"onnxruntime-gpu": "1.31.1"},
            source=Tried("camera 0 (C920)", "1280x720 at 30 fps"),
            source_fps=30.0,
            source_size=Size(1280, 720),
            outputs=[Tried("/dev/video10 (livecut)", "free")],
            plan=Tried("blur with livecut-joint-small", "livecut-joint-small on CUDA, 1280x720"),
            frame_ms=8.0,
            cameras=[CAMERA],
            virtual_cameras=[VirtualCameraInfo("/dev/video10", "livecut", exclusive=True, busy=False)],
        )
    )
    assert [(finding.topic, finding.state, finding.text) for finding in findings] == [
        ("onnxruntime", "ok", "onnxruntime-gpu 1.31.1"),
        ("source", "ok", "camera 0 (C920): 1280x720 at 30 fps"),
        ("output", "ok", "/dev/video10 (livecut): free"),
        ("networks", "ok", "blur with livecut-joint-small: livecut-joint-small on CUDA, 1280x720"),
        ("speed", "ok", "one picture takes 8 ms, which is 125 fps"),
    ]
    assert exit_code(findings) == 0


def test_both_runtimes_over_each_other() -> None:
    finding = only(Facts(packages={"onnxruntime": "1.20.0", "onnxruntime-gpu": "1.31.1"}))
    assert finding == Finding(
        "onnxruntime",
        "note",
        "onnxruntime 1.20.0 and onnxruntime-gpu 1.31.1 are installed over each other",
        "pip uninstall -y onnxruntime onnxruntime-gpu, then pip install onnxruntime-gpu",
    )


def test_what_run_meets_first_is_what_it_ends_with() -> None:
    network = Tried("blur", error=ModelError("livecut-joint-small: its file is missing", hint="reinstall livecut"))
    output = Tried("virtualcam", error=DeviceUnavailable("there is no virtual camera", hint="modprobe"))
    findings = examine(Facts(outputs=[output], plan=network))
    assert findings == (
        Finding("output", "broken", "there is no virtual camera", "modprobe", 3),
        Finding("networks", "broken", "livecut-joint-small: its file is missing", "reinstall livecut", 4),
    )
    assert exit_code(findings) == 3
    assert exit_code(examine(Facts(plan=network))) == 4
    cuda = Tried("blur", error=AcceleratorError("CUDA cannot be used"))
    assert exit_code(examine(Facts(plan=cuda))) == 4


def test_a_slow_camera_is_told_a_size_at_which_it_is_not() -> None:
    source = Tried("camera 0 (C920)", "1280x720 at 10 fps")
    findings = examine(Facts(source=source, source_fps=10.0, source_size=Size(1280, 720), cameras=[CAMERA]))
    assert findings[1] == Finding("source", "note", "camera 0 (C920) gives 10 fps only", "livecut run --size 1920x1080")
    assert exit_code(findings) == 0
    findings = examine(Facts(source=source, source_fps=10.0, source_size=Size(1280, 720)))
    assert findings[1].fix == "more light, or a smaller --size, often gives more"
    assert len(examine(Facts(source=source, source_fps=29.97))) == 1
    assert len(examine(Facts(source=Tried("file a.mp4"), source_fps=10.0))) == 1, "a film has its own rate"


def test_no_permission_is_a_note_beside_a_source_that_works() -> None:
    locked = CameraInfo(2, "IR", "/dev/video2", problem=13)
    findings = examine(Facts(source=Tried("demo"), cameras=[CAMERA, locked]))
    assert findings[1] == Finding(
        "source",
        "note",
        "no permission to use /dev/video2",
        "sudo usermod -aG video $USER, then log in again",
    )
    broken = Tried("2", error=DeviceUnavailable("no permission to use /dev/video2 (IR)"))
    assert len(examine(Facts(source=broken, cameras=[CAMERA, locked]))) == 1, "said once"


def test_exclusive_caps_missing() -> None:
    finding = only(Facts(virtual_cameras=[VirtualCameraInfo("/dev/video10", "old", exclusive=False, busy=False)]))
    assert finding.state == "note"
    assert finding.text == "/dev/video10 (old) has no exclusive_caps: Chrome and Teams will not list it"
    assert finding.fix == (
        "sudo modprobe -r v4l2loopback, then sudo modprobe v4l2loopback exclusive_caps=1 card_label=livecut"
    )


@pytest.mark.parametrize(
    ("why", "fix"),
    [
        (
            "the installed ONNX Runtime 1.20.0 is built without it",
            "pip uninstall -y onnxruntime, then pip install --force-reinstall onnxruntime-gpu",
        ),
        ("CUDA driver version is insufficient", "install NVIDIA's driver until nvidia-smi lists the card"),
        (
            "libcublasLt.so.13: cannot open shared object file",
            "pip install 'livecut[cuda]' (installed: nvidia-cublas 12.1.0, nvidia-cudnn-cu12 9.1.0)",
        ),
    ],
)
def test_networks_that_stay_off_cuda(why: str, fix: str) -> None:
    packages = {"nvidia-cudnn-cu12": "9.1.0", "nvidia-cublas": "12.1.0"}
    finding = only(Facts(no_cuda=why, packages=packages))
    assert (finding.state, finding.text, finding.fix) == ("note", f"not on CUDA: {why}", fix)


def test_too_slow() -> None:
    finding = only(Facts(frame_ms=50.0))
    assert (finding.state, finding.text) == ("note", "one picture takes 50 ms, which is 20 fps")
    assert finding.fix == "livecut run --set matte.stride=2, or a smaller --size"


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (
            ImportError("libGL.so.1: cannot open shared object file: No such file or directory", name="cv2"),
            "OpenCV does not load: libGL.so.1: cannot open shared object file: No such file or directory",
            "sudo apt install libgl1 libglib2.0-0 (or your system's packages)",
        ),
        (
            ImportError("libxcb.so.1: cannot open shared object file: No such file or directory", name="cv2"),
            "OpenCV does not load: libxcb.so.1: cannot open shared object file: No such file or directory",
            "sudo apt install libgl1 libglib2.0-0 (or your system's packages)",
        ),
        (
            ImportError("libva.so.2: cannot open shared object file: No such file or directory", name="av.container"),
            "a library does not load: libva.so.2: cannot open shared object file: No such file or directory",
            "pip install --force-reinstall av",
        ),
        (
            ModuleNotFoundError("No module named 'cv2'", name="cv2"),
            "a library does not load: No module named 'cv2'",
            "pip install --force-reinstall opencv-python",
        ),
        (
            ImportError("DLL load\nfailed", name="av.core"),
            "a library does not load: DLL load failed",
            "pip install --force-reinstall av",
        ),
        (ImportError("?"), "a library does not load: ?", "pip install --force-reinstall livecut"),
    ],
)
def test_a_library_that_does_not_load_is_one_line(error: ImportError, message: str, hint: str) -> None:
    told = missing_library(error)
    assert (told.message, told.hint) == (message, hint)
    finding = only(Facts(import_error=told))
    assert (finding.state, finding.exit_code) == ("broken", LivecutError.exit_code)
