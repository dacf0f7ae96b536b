from __future__ import annotations

import re
import tomllib

import pytest

from livecut.errors import SettingsError
from livecut.settings.listing import listing
from livecut.settings.load import load, nested


def test_a_key_is_in_no_repr_and_no_listing() -> None:
    settings = load(
        patches=[nested("remote.clipdrop_key", "sesame"), nested("server.database", "postgresql://u:sesame@a")]
    )
    assert "sesame" not in repr(settings) + listing(settings) + settings.model_dump_json()
    assert settings.remote.clipdrop_key is not None
    assert settings.remote.clipdrop_key.get_secret_value() == "sesame"


def test_a_listing_with_a_key_reads_back_without_it() -> None:
    tree = tomllib.loads(listing(load(patches=[nested("remote.clipdrop_key", "sesame")])))
    assert "clipdrop_key" not in tree["remote"]
    assert load(patches=[tree]).remote.clipdrop_key is None


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("server.rate_store", "redis://me:sesame@h:6379/1", '# rate_store = "redis://me:...@h:6379/1"'),
        ("server.rate_store", "rediss://:ses@me@h", '# rate_store = "rediss://:...@h"'),
        ("source.input", "rtsp://me:sesame@camera/1", '# input = "rtsp://me:...@camera/1"'),
        ("output.sinks", ["null", "rtsp://a:sesame@b"], '# sinks = ["null", "rtsp://a:...@b"]'),
        ("output.sinks", ["rtmp://live/app/sesame"], '# sinks = ["rtmp://live/..."]'),
        ("source.input", "http://h:8080/a@sesame", '# input = "http://..."'),
        ("remote.api4ai_base", "https://h/cut?key=sesame", '# api4ai_base = "https://h/cut?..."'),
        ("privacy.card", "at http://me:sesame@h/x.png", '# card = "at http://me:...@h/x.png"'),
        (
            "effect.plugin",
            {"glow": {"api_key": "sesame", "key": "", "from": ["srt://h?passphrase=sesame"]}},
            '# plugin = { "glow" = { "api_key" = "...", "key" = "", "from" = ["srt://h?..."] } }',
        ),
    ],
)
def test_a_password_or_key_is_in_no_listing(path: str, value: object, shown: str) -> None:
    text = listing(load(patches=[nested(path, value)]))
    assert f"{shown} (a password or key is not shown)\n" in text
    assert not re.search("sesame|ses@me", text)
    assert load(patches=[tomllib.loads(text)])


@pytest.mark.parametrize("address", ["HTTP://H:8080/a/b", "redis://h:6379", "redis://me@h", "a:b@c"])
def test_other_addresses_are_shown(address: str) -> None:
    assert f'\ninput = "{address}"\n' in listing(load(patches=[nested("source.input", address)]))


def test_pictures_stay_here_unless_somebody_says_otherwise() -> None:
    assert load().remote.allow is False


@pytest.mark.parametrize(
    "store", ["memory", "database", "redis://localhost:6379", "rediss://u:p@a/1", "redis+unix:///s"]
)
def test_rate_stores(store: str) -> None:
    assert load(patches=[nested("server.rate_store", store)]).server.rate_store == store


@pytest.mark.parametrize("store", ["", "disk", "redis", "http://a"])
def test_not_a_rate_store(store: str) -> None:
    with pytest.raises(SettingsError, match=r"server\.rate_store"):
        load(patches=[nested("server.rate_store", store)])
