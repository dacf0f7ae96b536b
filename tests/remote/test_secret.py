from __future__ import annotations

import httpx
import pytest
from pydantic import SecretStr

from livecut.errors import SettingsError
from livecut.remote.secret import KeyHeaders, find_key, redacted


def test_a_given_key_goes_before_the_environments() -> None:
    found = find_key(" abc\n", "CLIPDROP_API_KEY", {"CLIPDROP_API_KEY": "xyz"})
    assert found is not None
    assert found.get_secret_value() == "abc"


def test_the_environments_key() -> None:
    found = find_key(None, "CLIPDROP_API_KEY", {"CLIPDROP_API_KEY": "xyz"})
    assert found == SecretStr("xyz")
    assert "xyz" not in repr(found)


@pytest.mark.parametrize("environ", [{}, {"CLIPDROP_API_KEY": ""}, {"CLIPDROP_API_KEY": "  "}])
def test_no_key(environ: dict[str, str]) -> None:
    assert find_key(None, "CLIPDROP_API_KEY", environ) is None


@pytest.mark.parametrize("key", ["se cret", "se\ncret", "sécret", "se\x7fcret", SecretStr("se\tcret")])
def test_a_key_that_cannot_stand_in_a_header_is_not_quoted(key: str | SecretStr) -> None:
    with pytest.raises(SettingsError) as caught:
        find_key(key, "CLIPDROP_API_KEY", {})
    assert str(caught.value) == "the key has characters no key can have"
    assert "cret" not in str(caught.value) + caught.value.hint


def test_where_a_wrong_key_was_found() -> None:
    with pytest.raises(SettingsError, match=r"^the key in RAPIDAPI_KEY has characters no key can have$"):
        find_key(None, "RAPIDAPI_KEY", {"RAPIDAPI_KEY": "a b"})


def test_redacted() -> None:
    assert redacted("key abc is wrong", SecretStr("abc")) == "key [key] is wrong"
    assert redacted("key abc is wrong", None) == "key abc is wrong"


def test_headers_are_put_on_late_and_not_shown() -> None:
    headers = KeyHeaders({"x-api-key": "abc"})
    assert repr(headers) == "KeyHeaders(x-api-key)"
    request = httpx.Request("GET", "https://a.example")
    next(headers.auth_flow(request))
    assert request.headers["x-api-key"] == "abc"
