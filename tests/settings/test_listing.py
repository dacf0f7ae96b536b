"""What `livecut settings` prints is a file livecut reads back to the same tree."""

from __future__ import annotations

import tomllib

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


def test_help_bounds_choices_and_defaults_are_said() -> None:
    text = listing(Settings())
    assert (
        "# Standard deviation of the blur, in pixels of a 720-line frame. (from 12.0, to 200.0, default 24.0)" in text
    )
    assert '(auto | cpu | cuda | directml | coreml, default "auto")' in text
    assert "# size =" in text
