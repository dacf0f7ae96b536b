"""The network that is none answers planes one can recognise."""

from __future__ import annotations

import numpy as np

from livecut.inference.null import NULL, NullRunner
from livecut.protocols import Need


def test_an_ellipse_stands_on_a_ramp() -> None:
    planes = NullRunner().run(np.zeros((160, 288, 3), np.uint8))
    matte, depth = planes[Need.MATTE], planes[Need.DEPTH]
    assert matte.shape == depth.shape == (160, 288)
    assert matte[96, 144] == 1.0
    assert matte[:, [0, -1]].max() == matte[0].max() == 0.0
    assert ((matte > 0) & (matte < 1)).any()
    assert (np.diff(depth, axis=0) > 0).all()
    assert 0.0 < depth.min() < depth.max() < 1.0


def test_it_gives_what_its_row_says() -> None:
    matte_only = NULL.model_copy(update={"task": "matte", "depth": None})
    assert set(NullRunner(matte_only).run(np.zeros((160, 288, 3), np.uint8))) == {Need.MATTE}


def test_nobody_holds_anything_in_it() -> None:
    planes = NullRunner(NULL.model_copy(update={"held": NULL.matte})).run(np.zeros((160, 288, 3), np.uint8))
    assert set(planes) == {Need.MATTE, Need.DEPTH, Need.HELD}
    assert np.array_equal(planes[Need.HELD], planes[Need.MATTE])


def test_resetting_and_closing_change_nothing() -> None:
    runner = NullRunner()
    runner.reset()
    runner.close()
    runner.close()
    assert set(runner.run(runner.image)) == {Need.MATTE, Need.DEPTH}
