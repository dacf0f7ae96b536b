"""Settings and networks of nobody but the test's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(tmp_path / "models"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)
