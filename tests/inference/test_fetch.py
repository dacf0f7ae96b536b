"""Fetching survives what servers, connections and disks do, and never leaves a file that is not the right one."""

from __future__ import annotations

import errno
import hashlib
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from support.graphs import spec_for
from support.webserver import Answer, Site, body, serving, status

from livecut.errors import ModelError
from livecut.inference import alone
from livecut.inference import fetch as fetching
from livecut.inference.fetch import ATTEMPTS, fetch
from livecut.inference.spec import ModelSpec

CONTENT = bytes(range(256)) * 1000
HALF = len(CONTENT) // 2


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of fetched networks, empty, two levels below what exists."""
    folder = tmp_path / "data" / "models"
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(folder))
    return folder


def _spec(site: Site, content: bytes = CONTENT, **changes: Any) -> ModelSpec:
    return spec_for(content, url=f"{site.url}/small.onnx", **changes)


def _quick(pauses: list[float] | None = None) -> Callable[[float], None]:
    return (lambda _: None) if pauses is None else pauses.append


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_fetched_and_its_progress_told(models: Path) -> None:
    told: list[tuple[int, int | None]] = []
    with serving([body(CONTENT)]) as site:
        path = fetch(_spec(site), lambda done, total: told.append((done, total)))
    assert path == models / "small.onnx"
    assert path.read_bytes() == CONTENT
    assert _files(models) == ["small.onnx"]
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert site.requests[0]["accept-encoding"] == "identity"


def test_a_whole_file_is_not_fetched_again_unless_forced(models: Path) -> None:
    with serving([body(CONTENT)]) as site:
        spec = _spec(site)
        fetch(spec)
        fetch(spec)
        assert len(site.requests) == 1
        fetch(spec, force=True)
        assert len(site.requests) == 2


def test_a_broken_file_is_fetched_again_and_stays_until_then(models: Path) -> None:
    models.mkdir(parents=True)
    (models / "small.onnx").write_bytes(b"broken")
    with serving([status(404)]) as site, pytest.raises(ModelError):
        fetch(_spec(site))
    assert (models / "small.onnx").read_bytes() == b"broken"
    with serving([body(CONTENT)]) as site:
        assert fetch(_spec(site)).read_bytes() == CONTENT


def test_a_cut_at_half_is_resumed_where_it_was(models: Path) -> None:
    with serving([body(CONTENT, cut=HALF, etag='"v1"'), body(CONTENT, etag='"v1"')]) as site:
        assert fetch(_spec(site), sleep=_quick()).read_bytes() == CONTENT
    assert "range" not in site.requests[0]
    assert site.requests[1]["range"] == f"bytes={HALF}-"
    assert site.requests[1]["if-range"] == '"v1"'


def test_what_an_earlier_run_left_is_gone_on_with(models: Path) -> None:
    models.mkdir(parents=True)
    (models / "small.onnx.part").write_bytes(CONTENT[:HALF])
    with serving([body(CONTENT)]) as site:
        assert fetch(_spec(site)).read_bytes() == CONTENT
    assert [request["range"] for request in site.requests] == [f"bytes={HALF}-"]
    assert "if-range" not in site.requests[0]


def test_a_part_that_is_whole_is_only_checked(models: Path) -> None:
    models.mkdir(parents=True)
    (models / "small.onnx.part").write_bytes(CONTENT)
    with serving([status(500)]) as site:
        assert fetch(_spec(site)).read_bytes() == CONTENT
    assert site.requests == []


def test_a_part_of_another_file_is_started_over(models: Path) -> None:
    models.mkdir(parents=True)
    (models / "small.onnx.part").write_bytes(b"x" * HALF)
    with serving([body(CONTENT)]) as site:
        assert fetch(_spec(site)).read_bytes() == CONTENT
    assert [request.get("range") for request in site.requests] == [f"bytes={HALF}-", None]


def test_a_part_that_is_too_long_is_started_over(models: Path) -> None:
    models.mkdir(parents=True)
    (models / "small.onnx.part").write_bytes(b"x" * (len(CONTENT) + 1))
    with serving([body(CONTENT)]) as site:
        assert fetch(_spec(site)).read_bytes() == CONTENT
    assert [request.get("range") for request in site.requests] == [None]


def test_a_part_no_range_can_go_on_with_is_started_over(models: Path) -> None:
    models.mkdir(parents=True)
    (models / "small.onnx.part").write_bytes(b"x" * HALF)
    with serving([status(416), body(CONTENT)]) as site:
        assert fetch(_spec(site), sleep=_quick()).read_bytes() == CONTENT


def test_a_server_without_ranges_starts_over(models: Path) -> None:
    with serving([body(CONTENT, cut=HALF), body(CONTENT, ranges=False)]) as site:
        assert fetch(_spec(site), sleep=_quick()).read_bytes() == CONTENT
    assert len(site.requests) == 2


def test_a_file_that_changed_upstream_is_taken_whole(models: Path) -> None:
    with serving([body(b"y" * len(CONTENT), cut=HALF, etag='"v1"'), body(CONTENT, etag='"v2"')]) as site:
        assert fetch(_spec(site), sleep=_quick()).read_bytes() == CONTENT


def test_a_weak_etag_is_no_condition(models: Path) -> None:
    with serving([body(CONTENT, cut=HALF, etag='W/"v1"'), body(CONTENT)]) as site:
        fetch(_spec(site), sleep=_quick())
    assert "if-range" not in site.requests[1]


@pytest.mark.parametrize("header", ["bytes 0-9/256000", "bytes 5-9", "rubbish"])
def test_a_range_from_elsewhere_is_not_appended(models: Path, header: str) -> None:
    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        request.send_response(206)
        request.send_header("Content-Range", header)
        request.send_header("Content-Length", "10")
        request.end_headers()
        request.wfile.write(CONTENT[:10])

    with serving([body(CONTENT, cut=HALF), elsewhere, body(CONTENT)]) as site:
        assert fetch(_spec(site), sleep=_quick()).read_bytes() == CONTENT
    assert [request.get("range") for request in site.requests] == [None, f"bytes={HALF}-", None]


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504, 408])
def test_a_busy_server_is_asked_again(models: Path, code: int) -> None:
    pauses: list[float] = []
    with serving([status(code), status(code), body(CONTENT)]) as site:
        assert fetch(_spec(site), sleep=_quick(pauses)).read_bytes() == CONTENT
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize(("said", "waited"), [("7", 7.0), ("100000", 30.0), ("soon", 0.5)])
def test_a_server_may_say_when_to_come_back(models: Path, said: str, waited: float) -> None:
    pauses: list[float] = []
    with serving([status(503, Retry_After=said), body(CONTENT)]) as site:
        fetch(_spec(site), sleep=_quick(pauses))
    assert pauses == [waited]


def test_a_server_that_stays_busy_is_given_up(models: Path) -> None:
    with serving([status(503)]) as site, pytest.raises(ModelError) as caught:
        fetch(_spec(site), sleep=_quick())
    assert len(site.requests) == ATTEMPTS
    assert caught.value.message == "small cannot be fetched from 127.0.0.1: it answered 503 Service Unavailable"
    assert caught.value.hint == "check the connection, then run it again: it goes on where it stopped"


def test_nobody_listening_is_given_up(models: Path) -> None:
    with serving([status(200)]) as site:
        pass
    pauses: list[float] = []
    with pytest.raises(ModelError, match=r"^small cannot be fetched from 127\.0\.0\.1: ") as caught:
        fetch(_spec(site), sleep=_quick(pauses))
    assert len(pauses) == ATTEMPTS - 1
    assert "\n" not in caught.value.message


def test_slow_gains_count_as_gains(models: Path) -> None:
    cuts: list[Answer] = [body(CONTENT, cut=len(CONTENT) // 10)] * 9
    with serving([*cuts, body(CONTENT)]) as site:
        assert fetch(_spec(site), sleep=_quick()).read_bytes() == CONTENT
    assert len(site.requests) > ATTEMPTS


def test_a_server_that_never_gets_further_is_given_up(models: Path) -> None:
    cuts = [body(CONTENT, cut=100, ranges=False), body(CONTENT, cut=50, ranges=False)] * 20
    with serving(cuts) as site, pytest.raises(ModelError, match="cannot be fetched"):
        fetch(_spec(site), sleep=_quick())
    assert len(site.requests) == ATTEMPTS
    assert _files(models) == ["small.onnx.part"]


def test_a_cut_without_a_stated_length_is_seen(models: Path) -> None:
    with serving([body(CONTENT, cut=HALF, length=False), body(CONTENT)]) as site:
        assert fetch(_spec(site), sleep=_quick()).read_bytes() == CONTENT


@pytest.mark.parametrize("code", [401, 403, 404, 410, 204])
def test_a_refusal_is_final(models: Path, code: int) -> None:
    with serving([status(code)]) as site, pytest.raises(ModelError) as caught:
        fetch(_spec(site), sleep=_quick())
    assert len(site.requests) == 1
    assert caught.value.message.startswith(f"small cannot be fetched from 127.0.0.1: it answered {code}")
    assert caught.value.hint == "the file may have moved; livecut models info shows its address"


def test_a_wrong_digest_keeps_nothing(models: Path) -> None:
    with serving([body(CONTENT[:-1] + b"!")]) as site, pytest.raises(ModelError) as caught:
        fetch(_spec(site), sleep=_quick())
    assert caught.value.message == "small: what 127.0.0.1 sent differs from its digest in the manifest"
    assert len(site.requests) == 1
    assert _files(models) == []


def test_a_git_blob_id_is_checked(models: Path) -> None:
    name = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()
    with serving([body(CONTENT)]) as site:
        assert fetch(_spec(site, bytes=None, digest=f"git-blob:{name}")).read_bytes() == CONTENT
    with serving([body(CONTENT + b"!")]) as site, pytest.raises(ModelError, match="differs from its digest"):
        fetch(_spec(site, bytes=None, digest=f"git-blob:{name}"), force=True)


def test_a_file_of_another_size_is_not_even_begun(models: Path) -> None:
    with serving([body(CONTENT + b"more")]) as site, pytest.raises(ModelError) as caught:
        fetch(_spec(site), sleep=_quick())
    assert caught.value.message == "small cannot be fetched from 127.0.0.1: it offers 256004 bytes, not 256000"
    assert _files(models) == []


def test_a_lie_about_the_size_is_cut_off(models: Path) -> None:
    with serving([body(CONTENT * 3, length=False)]) as site, pytest.raises(ModelError) as caught:
        fetch(_spec(site), sleep=_quick())
    assert caught.value.message == "small cannot be fetched from 127.0.0.1: more than 256000 bytes were sent"
    assert _files(models) == []


def test_a_file_of_unknown_size_has_a_bound(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_BYTES", 1000)
    with serving([body(CONTENT)]) as site, pytest.raises(ModelError, match=r"offers 256000 bytes, not at most 1000$"):
        fetch(_spec(site, bytes=None, digest="git-blob:" + "0" * 40), sleep=_quick())


def test_a_redirect_is_followed(models: Path) -> None:
    with serving([status(302, Location="/elsewhere"), body(CONTENT)]) as site:
        assert fetch(_spec(site)).read_bytes() == CONTENT
    assert [request["path"] for request in site.requests] == ["/small.onnx", "/elsewhere"]


def test_a_redirect_in_a_circle_ends(models: Path) -> None:
    with serving([status(302, Location="/small.onnx")]) as site, pytest.raises(ModelError) as caught:
        fetch(_spec(site), sleep=_quick())
    assert caught.value.message == "small cannot be fetched from 127.0.0.1: Exceeded maximum allowed redirects."


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_and_keeps_nothing(models: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    opened = Path.open

    def full(path: Path, mode: str = "r", **rest: Any) -> Any:
        file = opened(path, mode, **rest)
        if path.suffix == ".part" and mode != "rb":
            file.write(b"some of it")
            return _Full(file, number)
        return file

    monkeypatch.setattr(Path, "open", full)
    with serving([body(CONTENT)]) as site, pytest.raises(ModelError) as caught:
        fetch(_spec(site), sleep=_quick())
    assert caught.value.message == f"small cannot be stored: no space is left in {models}"
    assert caught.value.hint == "free some, or name another folder in LIVECUT_MODELS_DIR; then run it again"
    assert _files(models) == []


class _Full:
    """An open file on a full disk."""

    def __init__(self, file: Any, number: int) -> None:
        self.file = file
        self.number = number

    def write(self, _: bytes) -> int:
        raise OSError(self.number, "No space left on device")

    def __enter__(self) -> _Full:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LIVECUT_MODELS_DIR", str(tmp_path / "file" / "models"))
    with serving([body(CONTENT)]) as site, pytest.raises(ModelError) as caught:
        fetch(_spec(site))
    assert caught.value.message == f"small cannot be stored in {tmp_path / 'file' / 'models'}: Not a directory"
    assert caught.value.hint == "name a folder you may write to in LIVECUT_MODELS_DIR"


@pytest.mark.parametrize("force", [False, True])
def test_two_at_once_do_not_write_into_each_other(models: Path, force: bool) -> None:
    def slowly(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(CONTENT)))
        request.end_headers()
        for start in range(0, len(CONTENT), 32_000):
            request.wfile.write(CONTENT[start : start + 32_000])
            time.sleep(0.05)

    with serving([slowly]) as site, ThreadPoolExecutor(3) as pool:
        spec = _spec(site)
        paths = [pool.submit(fetch, spec, force=force, sleep=_quick()) for _ in range(3)]
        assert {path.result() for path in paths} == {models / "small.onnx"}
        assert len(site.requests) == (3 if force else 1)
    assert (models / "small.onnx").read_bytes() == CONTENT
    assert _files(models) == ["small.onnx"]


def test_a_file_system_without_locks(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(file: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(alone, "lock_now", none)
    with serving([body(CONTENT)]) as site:
        assert fetch(_spec(site)).read_bytes() == CONTENT
    assert _files(models) == ["small.onnx"]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("SSL_CERT_FILE", "/nonexistent", "the certificates of SSL_CERT_FILE or SSL_CERT_DIR cannot be read"),
        ("ALL_PROXY", "socks5://me:sesame@127.0.0.1:1", "a SOCKS proxy is set, for which socksio is not installed"),
        ("HTTPS_PROXY", "odd://me:sesame@127.0.0.1:1", "the address of a proxy is not one"),
    ],
)
def test_an_environment_that_leads_nowhere(
    models: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv(name, value)
    with serving([body(CONTENT)]) as site, pytest.raises(ModelError) as caught:
        fetch(_spec(site), sleep=_quick())
    assert caught.value.message.startswith(f"small cannot be fetched from 127.0.0.1: {why}")
    assert "sesame" not in caught.value.message + caught.value.hint
    assert _files(models) == []


def test_a_shipped_network_needs_no_fetching(models: Path) -> None:
    spec = spec_for(CONTENT, shipped=True, fetch=False, file="ours/model.onnx")
    assert fetch(spec).parts[-2:] == ("ours", "model.onnx")
