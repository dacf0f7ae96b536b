"""What may change while the filter runs may, and nothing else; and when the raw picture is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.errors import SettingsError
from livecut.server.panel.form import fields
from livecut.settings import Settings
from livecut.settings.live import check_change, check_live, shows_room
from livecut.settings.load import apply, nested

OF_THE_START = [
    "source.input",
    "output.sinks",
    "output.size",
    "output.fps",
    "remote.allow",
    "server.open",
    "panel.port",
]


@given(st.sampled_from([field.path for field in fields()]), st.integers())
def test_what_is_in_the_form_may_change(path: str, value: int) -> None:
    check_live(nested(path, value))


@pytest.mark.parametrize("path", OF_THE_START)
def test_what_is_chosen_at_the_start_may_not_change(path: str) -> None:
    assert path not in {field.path for field in fields()}
    with pytest.raises(SettingsError, match=path):
        check_live(nested(path, "x"))


@pytest.mark.parametrize("path", ["output", "model", "effects.name", "out", "a.b.c"])
def test_nor_may_a_table_that_holds_more_than_that(path: str) -> None:
    with pytest.raises(SettingsError):
        check_live(nested(path, "x"))


@pytest.mark.parametrize(
    ("path", "value"),
    [("source.input", "demo"), ("output.size", "64x36"), ("output.sinks", ["null"]), ("threads.kernels", 1)],
)
def test_a_change_of_what_is_chosen_at_the_start_is_refused_wherever_it_differs(path: str, value: object) -> None:
    before = apply(Settings(), nested("source.input", "talk.mp4"))
    with pytest.raises(SettingsError, match=f"^{path} is chosen at the start"):
        check_change(before, apply(before, nested(path, value)))


def test_the_whole_tree_may_be_given_again_with_what_may_change() -> None:
    before = apply(Settings(), nested("source.input", "talk.mp4"))
    check_change(before, apply(before, {**before.model_dump(), "effect": {"name": "green"}}))


@pytest.mark.parametrize(
    ("name", "before", "shown"),
    [("none", "matte", True), ("split", "none", True), ("split", "matte", False), ("blur", "none", False)],
)
def test_when_the_raw_picture_is_shown(name: str, before: str, shown: bool) -> None:
    settings = apply(Settings(), {"effect": {"name": name, "split": {"before": before}}})
    assert shows_room(settings) is shown
