"""Networks are lent to one user each, come back whole, and are all released in the end."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from livecut.inference.accelerator import CPU, Accelerator
from livecut.inference.null import NULL
from livecut.inference.pool import NetworkPool
from livecut.inference.runner import Network
from livecut.inference.spec import ModelSpec
from livecut.protocols import Need
from livecut.types import Pixels, Plane


class CountedNetwork:
    """Counts what is asked of it."""

    def __init__(self, spec: ModelSpec, accelerator: Accelerator) -> None:
        self.spec, self.accelerator = spec, accelerator
        self.image: Pixels = np.zeros((4, 6, 3), np.uint8)
        self.fault: Exception | None = None
        self.resets = self.closes = 0

    def run(self, image: Pixels) -> Mapping[Need, Plane]:
        if self.fault is not None:
            raise self.fault
        return {Need.MATTE: np.zeros(image.shape[:2], np.float32)}

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closes += 1


class Opened:
    """Opens counted networks and remembers them."""

    def __init__(self) -> None:
        self.all: list[CountedNetwork] = []

    def __call__(self, spec: ModelSpec, accelerator: Accelerator, *, threads: int) -> Network:
        self.all.append(CountedNetwork(spec, accelerator))
        return self.all[-1]


def named(name: str) -> ModelSpec:
    return NULL.model_copy(update={"name": name})


def test_who_asks_what_is_held_is_not_lent_a_network_that_does_not_tell() -> None:
    opened = Opened()
    pool = NetworkPool(opened)
    telling = NULL.model_copy(update={"held": NULL.matte})
    pool.take(telling.without_held(), CPU).close()
    pool.take(telling, CPU).close()
    assert [one.spec.gives - NULL.gives for one in opened.all] == [set(), {Need.HELD}]
    pool.take(telling, CPU)
    pool.take(telling.without_held(), CPU)
    assert len(opened.all) == 2


def test_what_is_given_back_is_lent_again_and_forgets() -> None:
    opened = Opened()
    pool = NetworkPool(opened)
    first = pool.take(NULL, CPU)
    assert set(first.run(first.image)) == {Need.MATTE}
    first.close()
    first.close()
    assert (opened.all[0].resets, opened.all[0].closes) == (1, 0)
    with pytest.raises(ValueError, match=r"^the network was given back$"):
        first.run(first.image)
    second = pool.take(NULL, CPU)
    assert len(opened.all) == 1
    assert second.image is opened.all[0].image
    first.reset()
    assert opened.all[0].resets == 1, "who gave it back has no hold on it"


def test_nobody_shares_one() -> None:
    opened = Opened()
    pool = NetworkPool(opened)
    first, second = pool.take(NULL, CPU), pool.take(NULL, CPU)
    assert first.image is not second.image
    assert len(opened.all) == 2


@pytest.mark.parametrize(
    ("spec", "accelerator", "threads"),
    [
        (named("other"), CPU, 0),
        (NULL, Accelerator("cuda"), 0),
        (NULL, Accelerator("cpu", required=True), 0),
        (NULL, CPU, 3),
    ],
)
def test_another_kind_is_not_lent(spec: ModelSpec, accelerator: Accelerator, threads: int) -> None:
    opened = Opened()
    pool = NetworkPool(opened)
    pool.take(NULL, CPU).close()
    pool.take(spec, accelerator, threads=threads)
    assert len(opened.all) == 2


def test_one_that_failed_is_not_kept() -> None:
    opened = Opened()
    pool = NetworkPool(opened)
    network = pool.take(NULL, CPU)
    opened.all[0].fault = RuntimeError("device lost")
    with pytest.raises(RuntimeError, match=r"^device lost$"):
        network.run(network.image)
    network.close()
    assert opened.all[0].closes == 1
    pool.take(NULL, CPU)
    assert len(opened.all) == 2


def test_two_are_kept_at_most_the_latest() -> None:
    opened = Opened()
    pool = NetworkPool(opened)
    lent = [pool.take(named(name), CPU) for name in ("one", "two", "three")]
    for network in lent:
        network.close()
    assert [network.closes for network in opened.all] == [1, 0, 0]


def test_all_are_released_in_the_end_also_those_that_are_still_lent() -> None:
    opened = Opened()
    pool = NetworkPool(opened)
    idle, lent = pool.take(named("idle"), CPU), pool.take(named("lent"), CPU)
    idle.close()
    pool.close()
    pool.close()
    assert [network.closes for network in opened.all] == [1, 0]
    lent.close()
    assert [network.closes for network in opened.all] == [1, 1]
