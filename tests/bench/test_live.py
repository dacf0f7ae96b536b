"""Ages come from the running pipeline, settled."""

from __future__ import annotations

import pytest

from livecut.bench.case import Case
from livecut.bench.live import live_ages
from livecut.errors import LivecutError
from livecut.types import Size

SIZE = Size(64, 36)
# On a machine that stands still for a moment, pictures would be hidden and have no age.
PATIENT = ("model.name=null", "privacy.max_matte_age_ms=2000")


def test_ages_of_the_seconds_asked_for() -> None:
    settings = Case(SIZE, assignments=PATIENT, device="cpu").settings()
    ages = live_ages(settings, SIZE, 0.5)
    assert ages
    assert all(age > 0.0 for age in ages)


def test_what_keeps_the_pipeline_from_starting_is_raised() -> None:
    settings = Case(SIZE, assignments=("model.name=absent",), device="cpu").settings()
    with pytest.raises(LivecutError) as caught:
        live_ages(settings, SIZE, 0.5)
    assert caught.value.message == "no network named 'absent'"
