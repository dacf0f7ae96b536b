"""A slot keeps the latest, loses nothing it promised to keep, and always lets both sides go."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.pipeline.slot import Closed, Slot


def test_the_latest_wins_and_the_displaced_comes_back() -> None:
    slot: Slot[int] = Slot()
    assert slot.put(1) is None
    assert slot.put(2) == 1
    assert slot.dropped == 1
    assert slot.take() == 2
    assert slot.take(0.0) is None


@given(st.lists(st.integers(0, 2), max_size=60))
def test_any_order_of_puts_and_takes_gives_increasing_items_and_counts_every_loss(actions: list[int]) -> None:
    slot: Slot[int] = Slot()
    taken: list[int] = []
    puts = 0
    for action in actions:
        if action == 0:
            item = slot.take(0.0)
            if item is not None:
                taken.append(item)
        else:
            slot.put(puts)
            puts += 1
    left = slot.take(0.0)
    assert taken == sorted(set(taken))
    assert len(taken) + slot.dropped + (left is not None) == puts


def test_a_lossless_slot_gives_every_item_in_order() -> None:
    slot: Slot[int] = Slot(lossless=True)

    def write() -> None:
        for item in range(500):
            slot.put(item)
        slot.close()

    writer = threading.Thread(target=write)
    writer.start()
    taken = []
    with pytest.raises(Closed):
        while True:
            taken.append(slot.take())
    writer.join()
    assert taken == list(range(500))
    assert slot.dropped == 0


def test_close_leaves_the_last_item_unless_it_is_discarded() -> None:
    kept: Slot[str] = Slot()
    kept.put("last")
    kept.close()
    assert kept.take() == "last"
    with pytest.raises(Closed):
        kept.take()
    thrown: Slot[str] = Slot()
    thrown.put("last")
    thrown.close(discard=True)
    with pytest.raises(Closed):
        thrown.take()


@pytest.mark.parametrize("lossless", [False, True])
def test_close_frees_a_waiting_reader_and_a_waiting_writer(lossless: bool) -> None:
    slot: Slot[int] = Slot(lossless=lossless)
    ended: list[str] = []

    def wait(side: str) -> None:
        try:
            while True:
                slot.take() if side == "reader" else slot.put(1)
        except Closed:
            ended.append(side)

    for side in ("reader", "writer"):
        thread = threading.Thread(target=wait, args=(side,))
        thread.start()
        slot.close()
        thread.join(5)
        assert not thread.is_alive()
    assert ended == ["reader", "writer"]
