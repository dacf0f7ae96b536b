"""The ordinary way does what it says, whatever network it is given."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livecut.bench.ordinary import OrdinaryWay
from livecut.errors import SettingsError
from livecut.inference.runner import Runner
from livecut.inference.spec import ModelSpec
from livecut.inference.store import find, locate
from livecut.protocols import Need
from livecut.sources.demo import DemoSource
from livecut.types import Size

SIZE = Size(320, 180)


@pytest.fixture(scope="module")
def shipped() -> ModelSpec:
    return find("livecut-joint-small")


def _bgr_of(i420: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420))


def test_the_person_is_sharp_and_the_room_is_not(shipped: ModelSpec) -> None:
    bgr = DemoSource(SIZE).render(30)
    out = np.empty((SIZE.height * 3 // 2, SIZE.width), np.uint8)
    OrdinaryWay(shipped, locate(shipped), SIZE).render(bgr, out)
    plain = np.empty_like(out)
    cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420, dst=plain)
    blurred = np.empty_like(out)
    cv2.cvtColor(cv2.GaussianBlur(bgr, (21, 21), 0), cv2.COLOR_BGR2YUV_I420, dst=blurred)
    shown, sharp, soft = (_bgr_of(picture).astype(np.int16) for picture in (out, plain, blurred))
    small = np.asarray(cv2.resize(bgr, shipped.input.size), np.uint8)
    alpha = cv2.resize(Runner(shipped, locate(shipped)).run(small)[Need.MATTE], SIZE)
    inside, outside = (
        cv2.erode(part.astype(np.uint8), np.ones((31, 31), np.uint8), borderValue=1) > 0
        for part in (alpha > 0.5, alpha <= 0.5)
    )
    assert min(inside.sum(), outside.sum()) > 500
    assert np.abs(shown - sharp)[inside].mean() < 1.0
    assert np.abs(shown - soft)[outside].mean() < 1.0
    assert np.abs(sharp - soft)[inside].mean() > 2.0


def test_its_network_sees_what_ours_sees(shipped: ModelSpec) -> None:
    bgr = DemoSource(SIZE).render(30)
    way = OrdinaryWay(shipped, locate(shipped), SIZE)
    expected = Runner(shipped, locate(shipped)).run(np.asarray(cv2.resize(bgr, shipped.input.size), np.uint8))[
        Need.MATTE
    ]
    np.testing.assert_allclose(way._person(bgr), expected, atol=1e-4)


def test_a_network_with_a_memory_is_refused(shipped: ModelSpec) -> None:
    row = shipped.model_dump() | {"states": ({"input": "a", "output": "b"},)}
    with pytest.raises(SettingsError) as caught:
        OrdinaryWay(ModelSpec.model_validate(row), Path("nowhere.onnx"), SIZE)
    assert caught.value.message == "livecut-joint-small cannot be run the ordinary way"
