"""Ages come from the running pipeline, settled."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path
from unittest.mock import Mock

import pytest

from livecut.app.session import Session
from livecut.bench.case import Case
from livecut.bench.live import live_ages
from livecut.errors import LivecutError
from livecut.settings import Settings
from livecut.types import Size

SIZE = Size(64, 36)
# On a machine that stands still for a moment, pictures would be hidden and have no age.
PATIENT = ("model.name=null", "privacy.max_matte_age_ms=2000")


def test_ages_of_the_seconds_asked_for() -> None:
    settings = Case(SIZE, assignments=PATIENT, device="cpu").settings()
    ages = live_ages(settings, SIZE, 0.5)
    assert ages
    assert all(age > 0.0 for age in ages)


def test_what_keeps_the_pipeline_from_starting_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(tmp_path))
    settings = Case(SIZE, assignments=("model.name=rvm",), device="cpu").settings()
    with pytest.raises(LivecutError) as caught:
        live_ages(settings, SIZE, 0.5)
    assert caught.value.message == "rvm: it has not been fetched"


@pytest.mark.parametrize(
    ("ended", "starting", "why", "least_s", "most_s"),
    [
        (True, True, "it ended", 0, 60),
        (False, True, "it still prepares after 900 s", 880, 960),
        (False, False, "none came of its plan", 30, 90),
    ],
)
def test_why_no_picture_came(ended: bool, starting: bool, why: str, least_s: float, most_s: float) -> None:
    session = Mock(spec=Session)
    session.is_starting = starting
    session.join.return_value = ended
    session.status.return_value.last_fault = None
    seconds = itertools.count(step=10.0)
    log = logging.getLogger("livecut.app.session")
    before = log.level
    session.start.side_effect = lambda: levels.append(log.level)
    levels: list[int] = []
    with pytest.raises(LivecutError, match=why):
        live_ages(Settings(), Size(16, 8), 1, open_session=Mock(return_value=session), clock_s=lambda: next(seconds))
    session.stop.assert_called_once_with()
    assert levels == [logging.ERROR] and log.level == before, "quiet while it runs, and no longer"
    assert least_s <= next(seconds) <= most_s
