"""Work in a process of its own comes back as if it had been called."""

from __future__ import annotations

import os

import pytest

from livecut.bench.case import Case, cases
from livecut.bench.isolated import isolated
from livecut.errors import LivecutError, SettingsError
from livecut.types import Size


def test_results_and_errors_come_back() -> None:
    assert isolated(os.getpid) != os.getpid()
    assert isolated(cases, ["64x36"], [], []) == [Case(Size(64, 36))]
    with pytest.raises(SettingsError) as caught:
        isolated(cases, ["large"], [], [])
    assert caught.value.message == "output.size: a size is written WxH, e.g. 1280x720"
    assert caught.value.hint == "`livecut settings` prints every setting with its bounds"


def test_a_process_that_is_killed_is_an_error_of_one_line() -> None:
    with pytest.raises(LivecutError, match=r"^the measuring process was killed$"):
        isolated(os._exit, 9)
