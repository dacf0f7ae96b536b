from __future__ import annotations

from typing import Any

import pytest

from livecut.errors import SettingsError
from livecut.server.panel.form import Field, fields, values
from livecut.settings import Settings
from livecut.settings.live import LIVE
from livecut.settings.load import apply, nested

FIELDS = fields()


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


def test_no_key_is_among_the_values() -> None:
    settings = apply(Settings(), nested("remote.clipdrop_key", "5ecret"))
    assert "5ecret" not in str(values(settings))
    assert not any(path.startswith(("remote", "server")) for path in values(settings))
