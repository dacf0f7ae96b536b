"""The pinning script rewrites size and digest of shipped rows, and nothing else."""

from __future__ import annotations

import hashlib
import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "pin_models.py"
MODELS = Path(__file__).parents[2] / "models"

MANIFEST = """\
# A word before.

[[model]]
name = "ours"
file = "ours/model.onnx"
bytes = 1
digest = "sha256:00"
shipped = true
# A word between.

[[model]]
name = "theirs"
bytes = 2
digest = "sha256:11"
"""


def test_only_the_shipped_row_changes(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "model.onnx").write_bytes(b"weights")
    pinned = runpy.run_path(str(SCRIPT))["pinned"](MANIFEST, tmp_path)
    digest = hashlib.sha256(b"weights").hexdigest()
    assert pinned == MANIFEST.replace("bytes = 1", "bytes = 7").replace("sha256:00", f"sha256:{digest}")


def test_the_committed_manifest_is_pinned() -> None:
    text = (MODELS / "manifest.toml").read_text(encoding="utf-8")
    if runpy.run_path(str(SCRIPT))["pinned"](text, MODELS) != text:
        pytest.fail("a shipped network changed: python tools/pin_models.py")
