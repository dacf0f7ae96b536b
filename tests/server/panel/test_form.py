from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.errors import SettingsError
from livecut.server.panel.form import LIVE, Field, check_live, fields, shows_room, values
from livecut.settings import Settings
from livecut.settings.load import apply, nested

FIELDS = fields()
OF_THE_START = [
    "source.input",
    "output.sinks",
    "output.size",
    "output.fps",
    "remote.allow",
    "server.open",
    "panel.port",
]


def _with(path: str, value: Any) -> Settings:
    return apply(Settings(), nested(path, value))


def test_every_live_table_is_in_the_form() -> None:
    paths = [field.path for field in FIELDS]
    assert len(set(paths)) == len(paths) > 80
    for table in LIVE:
        assert any(path == table or path.startswith(f"{table}.") for path in paths), table


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.path)
def test_defaults_choices_and_bounds_are_those_of_the_settings(field: Field) -> None:
    assert values(_with(field.path, field.default))[field.path] == field.default
    assert field.help
    for choice in field.choices:
        assert values(_with(field.path, choice))[field.path] == choice
    if field.kind in ("number", "whole"):
        for bound, outside in ((field.lowest, -1), (field.highest, 1)):
            if bound is not None:
                with pytest.raises(SettingsError, match=field.path):
                    _with(field.path, bound + outside)


def test_kinds_units_and_labels() -> None:
    rows = {field.path: field for field in FIELDS}
    radius = rows["effect.blur.radius_px"]
    assert (radius.kind, radius.label, radius.unit, radius.lowest, radius.highest) == (
        "number",
        "Radius",
        "px",
        12.0,
        200.0,
    )
    assert rows["effect.green.colour"].kind == "colour"
    assert rows["effect.bokeh.focus"].choices == ("person", "follow", "point", "distance")
    assert rows["effect.bokeh.blades"].kind == "whole"
    assert rows["matte.decontaminate"].kind == "switch"
    assert rows["governor.target_fps"].optional
    assert not rows["layers.text.text"].optional


@given(st.sampled_from([field.path for field in FIELDS]), st.integers())
def test_what_is_in_the_form_may_change(path: str, value: int) -> None:
    check_live(nested(path, value))


@pytest.mark.parametrize("path", OF_THE_START)
def test_what_is_chosen_at_the_start_may_not_change(path: str) -> None:
    assert path not in {field.path for field in FIELDS}
    with pytest.raises(SettingsError, match=path):
        check_live(nested(path, "x"))


@pytest.mark.parametrize("path", ["output", "model", "effects.name", "out", "a.b.c"])
def test_nor_may_a_table_that_holds_more_than_that(path: str) -> None:
    with pytest.raises(SettingsError):
        check_live(nested(path, "x"))


def test_no_key_is_among_the_values() -> None:
    settings = apply(Settings(), nested("remote.clipdrop_key", "5ecret"))
    assert "5ecret" not in str(values(settings))
    assert not any(path.startswith(("remote", "server")) for path in values(settings))


@pytest.mark.parametrize(
    ("name", "before", "shown"),
    [("none", "matte", True), ("split", "none", True), ("split", "matte", False), ("blur", "none", False)],
)
def test_when_the_raw_picture_is_shown(name: str, before: str, shown: bool) -> None:
    settings = apply(Settings(), {"effect": {"name": name, "split": {"before": before}}})
    assert shows_room(settings) is shown
