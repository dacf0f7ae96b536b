"""A recurrent network remembers, until it is told to forget or frames come in another size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.graphs import HEIGHT, RECURRENT, WIDTH, recurrent_graph, spec_for

from livecut.estimators.recurrent import Recurrent
from livecut.inference.runner import Runner
from livecut.types import Frame, Size


@pytest.fixture
def recurrent(tmp_path: Path) -> Recurrent:
    spec = spec_for(recurrent_graph(tmp_path / "small.onnx"), **RECURRENT)
    return Recurrent(Runner(spec, tmp_path / "small.onnx"), Size(WIDTH, HEIGHT))


def _white(recurrent: Recurrent, width: int = WIDTH, height: int = HEIGHT) -> float:
    """Alpha after one more white frame: a quarter of it and half of what was before."""
    matte = recurrent.estimate(Frame(np.full((height, width, 3), 255, np.uint8), 0, 0)).matte
    assert matte is not None
    assert np.ptp(matte.alpha) < 1e-6
    return float(matte.alpha[0, 0])


def test_each_frame_builds_on_the_one_before(recurrent: Recurrent) -> None:
    assert [_white(recurrent) for _ in range(4)] == pytest.approx([0.25, 0.375, 0.4375, 0.46875])


def test_reset_forgets(recurrent: Recurrent) -> None:
    _white(recurrent)
    recurrent.reset()
    assert _white(recurrent) == pytest.approx(0.25)


def test_another_frame_size_forgets(recurrent: Recurrent) -> None:
    _white(recurrent)
    assert _white(recurrent, 3 * WIDTH, 2 * HEIGHT) == pytest.approx(0.25)
    assert _white(recurrent, 3 * WIDTH, 2 * HEIGHT) == pytest.approx(0.375)


def test_a_network_without_state_is_no_recurrent_one(network: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"^echo is no recurrent network$"):
        Recurrent(network("matte"), Size(96, 64))
