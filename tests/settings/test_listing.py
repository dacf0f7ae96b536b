"""What `livecut settings` prints is a file livecut reads back to the same tree."""

from __future__ import annotations

import datetime
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from livecut.settings import Settings
from livecut.settings.listing import listing
from livecut.settings.load import apply


def test_the_listing_reads_back_to_the_same_tree() -> None:
    glow = {"power": 3, "tint": "red", "at": [{"x": 1}, [{"y": [2]}]]}
    changed = apply(
        Settings(),
        {
            "effect": {"name": "bokeh", "bokeh": {"aperture": 1.5}, "plugin": {"glow": glow}},
            "output": {"size": "640x360", "sinks": ["null", 'a "quoted" name.mp4']},
        },
    )
    for settings in (Settings(), changed):
        assert Settings.model_validate(tomllib.loads(listing(settings))) == settings


def test_every_character_reads_back() -> None:
    text = "".join(map(chr, range(1, 0x180)))
    settings = apply(Settings(), {"source": {"input": text}, "effect": {"plugin": {"glow": {text: text}}}})
    assert Settings.model_validate(tomllib.loads(listing(settings))) == settings


# Neither a key nor a text here is one that is not shown.
_KEYS = st.text("ab .-_\"'\\\n#=ü\x7f", max_size=4)
_TEXTS = st.text(st.characters(exclude_characters=":@=", exclude_categories=["Cs"]), max_size=9)
_OFFSETS = st.integers(-1439, 1439).map(lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes)))
_SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | _TEXTS
    | st.datetimes().map(lambda at: at.replace(fold=0))
    | st.datetimes(timezones=_OFFSETS).map(lambda at: at.replace(fold=0))
    | st.dates()
    | st.times().map(lambda at: at.replace(fold=0))
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=6
)
_PLUGINS = st.dictionaries(_KEYS, st.dictionaries(_KEYS, _VALUES, max_size=3), max_size=3)
_PRESETS = st.dictionaries(
    st.from_regex(r"[A-Za-z0-9_-]{1,24}", fullmatch=True),
    st.fixed_dictionaries({}, optional={"effect": st.fixed_dictionaries({}, optional={"plugin": _PLUGINS})}),
    max_size=3,
)


@given(_PLUGINS, _PRESETS)
def test_whatever_toml_knows_reads_back(plugins: dict[str, Any], presets: dict[str, Any]) -> None:
    settings = apply(Settings(), {"effect": {"plugin": plugins}, "presets": presets})
    back = Settings.model_validate(tomllib.loads(listing(settings)))
    # By their texts: nan is not equal to itself, and 1 is to True and 1.0.
    assert repr(back.effect.plugin) == repr(plugins)
    assert repr(back.presets) == repr(presets)


def test_what_toml_does_not_know_leaves_the_rest_to_be_read() -> None:
    glow = {"none": None, "many": [1, None], "of": {"none": None}, "power": 3}
    patch = {"effect": {"plugin": {"glow": glow}}}
    settings = apply(Settings(), {**patch, "presets": {"one": patch}})
    back = Settings.model_validate(tomllib.loads(listing(settings)))
    assert back.effect.plugin["glow"] == {"many": [1], "of": {}, "power": 3}
    assert back.presets["one"]["effect"]["plugin"]["glow"]["power"] == 3


def test_help_bounds_choices_and_defaults_are_said() -> None:
    text = listing(Settings())
    assert (
        "# Standard deviation of the blur, in pixels of a 720-line frame. (from 12.0, to 200.0, default 24.0)" in text
    )
    assert '(auto | cpu | cuda | directml | coreml, default "auto")' in text
    assert "# size =" in text
