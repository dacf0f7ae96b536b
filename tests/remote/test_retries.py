from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.remote.retries import Retries, retry_after_s


def test_waits_double_and_are_drawn_from_their_whole_range() -> None:
    retries = Retries(attempts=5, base_s=1.0, longest_s=3.0)
    assert [retries.delay_s(n, None, 1.0) for n in range(1, 6)] == [1.0, 2.0, 3.0, 3.0, None]
    assert retries.delay_s(1, None, 0.0) == 0.0


def test_what_the_service_asks_for_is_never_undercut() -> None:
    retries = Retries(attempts=3, base_s=0.5, longest_s=10.0)
    assert retries.delay_s(1, 7.0, 0.0) == 7.0
    assert retries.delay_s(1, 7.0, 1.0) == 7.5
    assert retries.delay_s(1, 10.1, 0.0) is None


@given(st.integers(1, 10), st.floats(0, 1))
def test_no_wait_is_longer_than_the_bound(attempt: int, random: float) -> None:
    delay_s = Retries(attempts=20, longest_s=4.0).delay_s(attempt, None, random)
    assert delay_s is not None
    assert 0.0 <= delay_s <= 4.0


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"base_s": -1.0}, {"longest_s": -1.0}])
def test_nonsense(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least one attempt"):
        Retries(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0),
        ("Thu, 01 Jan 1970 00:01:40 -0000", 40.0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("9" * 30, None),
        ("Thu, 01 Jan 1970 00:01:40 -99999999999999", None),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert retry_after_s(text, now=lambda: 60.0) == seconds
