from __future__ import annotations

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
