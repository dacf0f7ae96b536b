"""The device path on a real kernel: webcam, livecut's source and sink, virtual camera, reader; in a QEMU guest.

`LIVECUT_VM` names a folder with run_vm.sh: it boots a guest that has vivid as /dev/video0, v4l2loopback as
/dev/video10 (exclusive_caps) and Python with livecut's dependencies, shares a folder as /host and runs a command there.
"""

from __future__ import annotations

import json
import os
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VM = os.environ.get("LIVECUT_VM", "")

pytestmark = [
    pytest.mark.vm,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not VM, reason="LIVECUT_VM names no folder with run_vm.sh"),
]

GUEST = """
export PYTHONPATH=/host NUMBA_CACHE_DIR=/tmp/numba PYTHONDONTWRITEBYTECODE=1
modprobe -r v4l2loopback
if [ -n "{module}" ]; then load="insmod {module}"; else load="modprobe v4l2loopback"; fi
$load {parameters}
exec python3 /host/tests/product/{script}
"""
MODULE = os.environ.get("LIVECUT_VM_LOOPBACK", "")
"""A v4l2loopback.ko in the guest, to try another version than the one that is installed there."""


def _found(script: str, parameters: str) -> dict[str, Any]:
    """What a script found in the guest."""
    guest = GUEST.format(script=script, parameters=parameters, module=MODULE)
    command = [f"{VM}/run_vm.sh", "-s", str(ROOT), "-t", "800", "--", "bash", "-c", guest]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert lines, done.stdout[-3000:]
    found: dict[str, Any] = json.loads(lines[0].removeprefix("RESULT "))
    return found


@pytest.fixture(scope="module")
def guest() -> dict[str, Any]:
    """What tests/product/guest_devices.py found."""
    return _found("guest_devices.py", "video_nr=10,11 exclusive_caps=1,0 card_label=livecut,plain")


@pytest.fixture(scope="module")
def audience() -> dict[str, Any]:
    """What tests/product/guest_audience.py found."""
    return _found("guest_audience.py", "video_nr=10 exclusive_caps=1 card_label=livecut")


def test_devices_are_listed_by_name(guest: dict[str, Any]) -> None:
    assert [camera[:2] for camera in guest["cameras"]] == [[0, "vivid"], [11, "plain"]]
    assert "640x480" in guest["cameras"][0][2]
    assert guest["virtual"] == [["/dev/video10", "livecut", True, False], ["/dev/video11", "plain", False, False]]


def test_the_webcam_gives_what_was_asked(guest: dict[str, Any]) -> None:
    assert guest["source"] == ["camera 0 (vivid)", "640x480", 25.0, True]
    assert guest["sink"] == "/dev/video10 (livecut)"
    assert guest["indexes_rise"]


def test_every_picture_read_was_written_exactly_so_and_in_order(guest: dict[str, Any]) -> None:
    assert guest["reader"] == 0
    assert guest["distinct"] == guest["written"], "a webcam with a running clock: or order would mean nothing"
    assert len(guest["read"]) == 100
    assert -1 not in guest["read"], "each byte for byte one that was written"
    assert all(later >= earlier for earlier, later in pairwise(guest["read"]))
    assert len(set(guest["read"])) > 1, "how many depends on the guest's speed"
    assert max(guest["rounding"]) == 0, "the planes are those of a slow conversion"


def test_devices_in_use_are_refused_with_the_program_that_uses_them(guest: dict[str, Any]) -> None:
    user = f"python3 (pid {guest['pid']})"
    assert guest["busy_camera"] == f"camera 0 (vivid) is busy: {user} uses it | close that program, or its video"
    assert guest["busy_virtual"].startswith("/dev/video10 (livecut) is written to by ")
    assert user in guest["busy_virtual"]
    assert guest["busy_any"] == "opened", "the second virtual camera is free"
    # v4l2loopback 0.12 forgets that it can be written to; livecut reminds it
    assert guest["virtual_closed"] == [["/dev/video10", False], ["/dev/video11", False]]


def test_the_virtual_camera_can_be_written_to_again_also_under_a_viewer(guest: dict[str, Any]) -> None:
    assert guest["reopened"] == "works"
    assert guest["reopened_with_a_viewer"] == ["works", "works"]


def test_a_webcam_pulled_out_is_lost(guest: dict[str, Any]) -> None:
    assert guest["unplugged"] == "camera 0 (vivid) was lost"


def test_who_looks_is_seen_however_it_reads_and_however_it_ends(audience: dict[str, Any]) -> None:
    seen = audience["sink"]
    assert seen["nobody"] is False
    for reader in ("streams", "killed", "reads"):
        assert (seen[reader], seen[f"after_{reader}"]) == (True, True), reader
    assert seen["opens"] is not seen["exact"], "who has it open only counts where the driver tells no more"
    assert seen["after_opens"] is True


def test_the_webcam_is_open_while_somebody_looks(audience: dict[str, Any]) -> None:
    seen = audience["filter"]
    log = seen.pop("log")
    after_s = seen.pop("rested_after_s")
    assert seen.pop("exit") == 0, log
    assert all(seen.values()), (seen, log)
    assert after_s >= 4.0, "who opens it again at once finds it open"
    assert "the camera is closed until somebody looks at the virtual camera" in log
