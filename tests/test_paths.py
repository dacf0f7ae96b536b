"""Whatever a user writes is a path or none; nothing raises."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.paths import existing, expanded, is_like_address, without_secrets


def test_what_is_there_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert existing(str(tmp_path / "a.png")) == existing("~/a.png") == tmp_path / "a.png"
    assert existing("~") == expanded("~") == tmp_path
    assert existing(str(tmp_path / "b.png")) is None


@pytest.mark.parametrize("text", ["~nosuchuser/x", "a" * 5000, "a\0b", "\ud800"])
def test_what_can_be_no_path_is_none(text: str) -> None:
    assert existing(text) is None
    assert expanded(text) == Path(text)


@given(st.text(max_size=40))
def test_nothing_raises(text: str) -> None:
    found = existing(text)
    assert found is None or found.exists()


@pytest.mark.parametrize("path", ["/user=admin&password=s3cret&channel=1.sdp", "/user=admin_password=s3cret.sdp"])
def test_a_password_in_a_cameras_path_is_not_shown(path: str) -> None:
    assert without_secrets(f"rtsp://10.0.0.5:554{path}") == "rtsp://10.0.0.5:554/..."


@pytest.mark.parametrize("text", ["a.mp4", "C://films/a.mp4", "camera:1", " x ", "", "a:/b"])
def test_what_is_no_address_is_shown_as_it_is(text: str) -> None:
    assert not is_like_address(text)
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("RTSP://me:hunter2@Cam.local:554/h264?key=hunter2#hunter2", "RTSP://me:...@Cam.local:554/h264?..."),
        ("rtsp://user:hunter2/with/slash@host/a", "rtsp://..."),
        ("rtsp://user:hunter2/without", "rtsp://..."),
        ("rtsp://user:12/hunter2@host/a", "rtsp://..."),
        ("http://user:hunter2@host:port/a", "http://..."),
        ("http://[hunter2/a", "http://..."),
        ("mms://user:hunter2@host/x", "mms://user:...@host/..."),
        ('"rtsp://user:hunter2@host/cam', '"rtsp://user:...@host/cam'),
        ("://user:hunter2@host", "://user:...@host"),
        ("rtsp://user:1?hunter2@host", "rtsp://..."),
        ("http://hunter2:@[::1]:8080/a#b", "http://...:@[::1]:8080/a#..."),
        ("http://hunter2@h/x", "http://...@h/x"),
        ("http://u%3Ahunter2@h/", "http://...@h/"),
        ("http://u%3ahunter2:@h/", "http://...:@h/"),
        ("http://u%3Ahunter2:x@h/", "http://...:...@h/"),
        ("Authorization: Bearer hunter2", "Authorization: ..."),
        ("-H 'authorization:Basic hunter2'", "-H 'authorization:..."),
        ("Bearer hunter2", "Bearer ..."),
        ("x-api-key: hunter2", "x-api-key: ..."),
        ("db_password=hunter2 with=more", "db_password=..."),
        ('{"access_token": "hunter2"}', '{"access_token": ...'),
        ("token=hunter2 http://h/x", "token=..."),
        ("http://h/x Authorization: Bearer hunter2", "http://h/..."),
        ("http://h/x Bearer hunter2", "http://h/..."),
        ("rtmp://live.example/app/hunter2", "rtmp://live.example/..."),
        ("rtsp://cam/user=admin&password=hunter2", "rtsp://cam/..."),
        ("camera:rtsp://me:hunter2@cam/1", "camera:rtsp://me:...@cam/1"),
        ("my page: https://me:hunter2@h/x", "my page: https://me:...@h/x"),
        ("redis+unix://:hunter2@/tmp/s", "redis+unix://:...@/tmp/s"),
        ("rtsp://a:hunter2@h/1,rtsp://b:hunter2@i/2", "rtsp://a:...@h/1,rtsp://b:...@i/2"),
        ("rtsp://a:hunter2@h/1; rtsp://i/2 ;", "rtsp://a:...@h/1; rtsp://i/2 ;"),
        ("rtmp://h/live/hunter2 rtmp://i/live/hunter2", "rtmp://h/... rtmp://i/..."),
        ("rtsp://a:b,hunter2;c d@h/1,http://i", "rtsp://a:...@h/1,http://i"),
        ("rtsp://a:hunter2, rtsp://b:c@h/1", "rtsp://..., rtsp://b:...@h/1"),
        ("C://films/a.mp4,rtsp://a:hunter2@h/1", "C://films/a.mp4,rtsp://a:...@h/1"),
        ("http://h/x?key=hunter2&next=http://i/", "http://h/x?..."),
        ("http://h/rtmp://i/live/hunter2", "http://..."),
        ("http://h|rtmp://i/live/hunter2", "http://..."),
        ("http://h Bearer hunter2", "http://..."),
        ("token=hunter2|http://h/x", "token=..."),
    ],
)
def test_what_is_passed_on_holds_no_secret(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a.mp4",
            "C://films/a@b.mp4",
            "virtualcam:/dev/video9",
            " x ",
            "",
            "http://h/",
            "http://[::1]:8080/a",
            "rtmp://live.example/",
            "://",
            "udp://@239.0.0.1:1234",
            "http://h/1, rtsp://i:554/2;udp://@239.0.0.1:1234",
        ),
        *("the bearer", "my token", "Key: G major", "key=1.png", "secretary: Ann", "token ring.png"),
    ],
)
def test_what_holds_none_is_as_it_was_written(text: str) -> None:
    assert without_secrets(text) == text


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_password_is_passed_on(before: str, rest: str) -> None:
    assert "hunter2" not in without_secrets(f"{before}rtsp://user:hunter2@host/{rest}")


_LOOSE = st.text("ab:/@,; ?#[]=&%C\n", max_size=5) | st.text(max_size=3)
_WITHIN = _LOOSE.filter(lambda text: "://" not in text)  # with it, it would be an address after all
_SCHEMES = st.sampled_from(["rtsp", "rtmp", "http", "mms", "postgresql+psycopg"])
_BETWEEN = st.sampled_from([",", " ", ";", ", ", "; ", "\n"])


@given(st.lists(st.tuples(_SCHEMES, _WITHIN, _WITHIN, _BETWEEN), min_size=1, max_size=4), _LOOSE, _LOOSE)
def test_no_password_of_several_addresses_is_passed_on(
    addresses: list[tuple[str, str, str, str]], before: str, after: str
) -> None:
    """Whatever the passwords hold beside, and what is written around them."""
    written = [f"{scheme}://me:{head}hunter2{tail}@host/a{gap}" for scheme, head, tail, gap in addresses]
    assert "hunter2" not in without_secrets(f"{before}{''.join(written)}{after}")


@given(
    st.lists(
        st.sampled_from(["rtsp://me:hunter2@host/1", "http://host:80/x", "udp://@239.0.0.1:1234", "a.mp4", "camera:1"])
    ),
    _BETWEEN,
)
def test_each_of_several_is_shown_as_it_is_by_itself(words: list[str], between: str) -> None:
    # What follows an address and is none itself is taken for a part of it.
    words.sort(key=lambda word: "://" in word)
    assert without_secrets(between.join(words)) == between.join(map(without_secrets, words))
