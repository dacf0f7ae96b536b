"""Whose libraries of X are loaded, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from livecut.errors import DeviceUnavailable
from livecut.sinks import xcb
from livecut.sinks.xcb import check_libraries, claim_libraries

LINE = "7f00-7f01 r--p 00000000 08:01 4242                       {}\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages with OpenCV's wheel and another one's, which share a library's name."""
    for name in ("opencv_python.libs", "av.libs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "libxcb-shm-0be6.so.0.0.0").touch()
    (tmp_path / "av.libs" / "libxcb-5ddf.so.1.1.0").touch()
    (tmp_path / "cv2").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("loaded", "is_refused"),
    [
        ((), False),
        (("opencv_python.libs/libxcb-shm-0be6.so.0.0.0", "av.libs/libxcb-5ddf.so.1.1.0"), False),
        (("av.libs/libxcb-5ddf.so.1.1.0", "av.libs/libxcb-shm-0be6.so.0.0.0"), True),
    ],
)
def test_a_library_of_another_wheel_is_refused_before_qt_waits_for_ever(
    site: Path, loaded: tuple[str, ...], is_refused: bool
) -> None:
    maps = site / "maps"
    maps.write_text("7f00-7f01 rw-p 00000000 00:00 0 \n" + "".join(LINE.format(site / name) for name in loaded))
    if not is_refused:
        check_libraries(site / "cv2", maps)
        return
    with pytest.raises(DeviceUnavailable) as caught:
        check_libraries(site / "cv2", maps)
    assert caught.value.message == (
        "a window would hang: libxcb-shm-0be6.so.0.0.0 was loaded from av.libs, not from OpenCV"
    )


def test_where_there_is_nothing_to_claim_nothing_is_done(tmp_path: Path) -> None:
    claim_libraries(tmp_path)
    check_libraries(tmp_path / "cv2")


def test_where_opencv_is_not_to_be_found_nothing_is_loaded_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "qt" / "plugins" / "platforms" / "libqxcb.so"
    plugin.parent.mkdir(parents=True)
    plugin.touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(xcb, "_package", lambda: None)
    monkeypatch.setattr("ctypes.CDLL", None)  # would be called
    claim_libraries()
    check_libraries()


def test_claimed_before_pyav_they_are_opencvs() -> None:
    program = (
        "from livecut.sinks.xcb import check_libraries, claim_libraries\n"
        "claim_libraries()\nimport av.container\ncheck_libraries()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_a_session_with_a_window_claims_them_before_its_source_is_opened(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom livecut.sinks import xcb\n"
        "xcb.claim_libraries = lambda: print('av' in sys.modules)\n"
        "from livecut import Session, Settings\n"
        "settings = {'source': {'input': 'none.mp4'}, 'output': {'sinks': ['null', 'window']}}\n"
        "try: Session(Settings.model_validate(settings))\n"
        "except Exception as error: print(type(error).__name__)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=120, capture_output=True, text=True, cwd=tmp_path
    )
    assert told.stdout.split()[0] == "False"
