"""What `livecut settings` prints is a file livecut reads back to the same tree."""

from __future__ import annotations

import datetime
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from livecut.settings import Settings
from livecut.settings.listing import listing, masked
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


_SECRETS = (
    *("password", "passwd", "PASSWORD", "camera_password", "pass_word", "passphrase", "pass", "pwd", "db-pwd"),
    *("key", "KEY", "apikey", "apiKey", "APIKey", "api_keys", "api-key-2", "secretkey", "secret", "client_secret"),
    *("token", "access_token_2", "tokens", "auth", "basic_auth", "oAuth", "authorization", "Authorisation", "bearer"),
    *("credential", "credentials", "X-Api-Key", "authkey", "cookie", "jwt", "pin"),
)


@pytest.mark.parametrize("name", _SECRETS)
@pytest.mark.parametrize("value", ["abc", 1234, 1.5, ["abc"], {"value": "abc"}, {"abc": 1}, datetime.date(1999, 1, 1)])
def test_what_a_plug_in_calls_a_secret_is_not_shown(name: str, value: Any) -> None:
    assert masked({name: value, "power": 3}) == {name: "...", "power": 3}
    patch = {"effect": {"plugin": {"glow": {name: value}}}}
    text = listing(apply(Settings(), {**patch, "presets": {"one": patch}}))
    assert text.count("(a password or key is not shown)") == 2
    shown = [line for line in text.splitlines() if "glow" in line]
    assert not any(secret in line for line in shown for secret in ("abc", "1234", "1.5", "1999"))
    Settings.model_validate(tomllib.loads(text))


def test_a_secret_in_a_name_is_not_shown() -> None:
    patch = {"effect": {"plugin": {"glow": {"rtsp://me:hunter2@cam": 1}}}}
    text = listing(apply(Settings(), {**patch, "presets": {"one": patch}}))
    assert "hunter2" not in text
    assert text.count("(a password or key is not shown)") == 2


@pytest.mark.parametrize("name", _SECRETS)
@pytest.mark.parametrize("value", ["", None, True, False, [], {}])
def test_what_holds_no_secret_is_shown(name: str, value: Any) -> None:
    assert masked({name: value}) == {name: value}


@pytest.mark.parametrize(
    "name",
    ["keep", "keyframes", "key_colour", "monkey", "author", "passes", "compass", "spin", "pins_per_side", "tint", "é"],
)
def test_what_is_only_like_a_secrets_name_is_shown(name: str) -> None:
    assert masked({name: "red"}) == {name: "red"}


def _fields(section: BaseModel) -> list[tuple[str, Any]]:
    values = [(name, getattr(section, name)) for name in type(section).model_fields]
    return values + [field for _, value in values if isinstance(value, BaseModel) for field in _fields(value)]


def test_every_setting_of_livecuts_own_is_shown_but_its_secrets() -> None:
    for name, value in _fields(Settings()):
        if name not in ("api4ai_key", "clipdrop_key") and not isinstance(value, BaseModel):
            assert masked({name: 7}) == {name: 7}, name
    assert "is not shown)" not in listing(Settings())
    remote = {"api4ai_key": SecretStr("abc"), "clipdrop_key": SecretStr("abc")}
    assert "abc" not in listing(apply(Settings(), {"remote": remote}))


def test_help_bounds_choices_and_defaults_are_said() -> None:
    text = listing(Settings())
    assert (
        "# Standard deviation of the blur, in pixels of a 720-line frame. (from 12.0, to 200.0, default 24.0)" in text
    )
    assert '(auto | cpu | cuda | directml | coreml, default "auto")' in text
    assert "# size =" in text
