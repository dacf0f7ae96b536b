"""A misspelt word finds the one that was meant, and any other word none."""

from __future__ import annotations

from livecut.spelling import nearest


def test_the_most_alike_is_found_if_it_is_alike_enough() -> None:
    words = (word for word in ("blur", "bokeh", "blurred"))
    assert nearest("blurr", words) == "blur"
    assert nearest("portrait", ["blur", "bokeh"]) is None
    assert nearest("bluish", ["blur"]) == "blur"
    assert nearest("bluish", ["blur"], cutoff=0.7) is None
    assert nearest("blur", []) is None
