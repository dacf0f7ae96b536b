"""Two thousand requests nobody in his right mind sends, over a real socket: no 500, and every credit in its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livecut.wire.api4ai.mode import Mode
from livecut.wire.api4ai.paths import KEY_HEADERS, SERVED_ROOTS
from livecut.wire.clipdrop import PATH as DEPTH

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Make = Callable[..., bytes]
Serve = Callable[..., Any]
REQUESTS = 2000
DOCUMENTED = {
    "results": {200, 401, 408, 413, 422, 429, 503},
    "depth": {200, 400, 401, 402, 403, 429, 503},
    "other": {200, 307, 404, 405},
}
RESULTS = [f"{root}/results" for root in SERVED_ROOTS]
OTHERS = ["/v1/version", "/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/", "/v1/results/", "/nope"]
# Few forms have all that depth wants, so it is asked more often.
TARGETS = [("POST", path) for path in (*RESULTS, *RESULTS[:2], *[DEPTH] * 9)] * 5
TARGETS += [("GET", path) for path in OTHERS] + [("POST", DEPTH + "/"), ("POST", "/v1/version")]
TARGETS += [
    (method, path) for method in ("GET", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH") for path in (RESULTS[0], DEPTH)
]

visible = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc", "Cf", "Zs"])
word = st.text(visible, min_size=1, max_size=12)
anything = st.text(max_size=20)
# Nothing that a name server would be asked for: tests stay on this machine.
address = st.one_of(
    st.sampled_from(
        [
            "http://127.0.0.1:1/a.png",
            "http://[::1]:1/",
            "http://localhost:1/x",
            "http://2130706433/",
            "http://0/",
            "http://",
            "https://169.254.169.254/",
            "http://[::ffff:127.0.0.1]/",
            "http://[",
            "file:///etc/passwd",
            "http://10.0.0.1/",
        ]
    ),
    anything.map(lambda text: f"http://127.0.0.1:1/{text}"),
    anything.map(lambda text: f"data:{text}"),
)


def pictures(make_portrait: Make) -> st.SearchStrategy[bytes]:
    whole = st.sampled_from([make_portrait(kind, (24, 18)) for kind in ("PNG", "JPEG", "WEBP", "GIF")])
    cut = st.tuples(whole, st.floats(0, 1)).map(lambda pair: pair[0][: int(len(pair[0]) * pair[1])])
    return mostly(whole, st.one_of(cut, st.binary(max_size=200)))


def mostly(usual: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Three times in four the usual."""
    return st.integers(0, 3).flatmap(lambda number: usual if number else other)


@st.composite
def multipart(draw: st.DrawFn, files: st.SearchStrategy[bytes]) -> tuple[bytes, str]:
    """A form as bytes: whole, or with something cut out of it or put into it; and its content type."""
    known = st.sampled_from(["image", "image_file", "image", "image_file", "image-bg", "url", "url-bg"])
    names = mostly(known, word)
    parts = []
    for _ in range(draw(st.integers(1, 4)) if draw(st.integers(0, 9)) else 0):
        name = draw(names)
        value = draw(address.map(str.encode) if name.startswith("url") else mostly(files, anything.map(str.encode)))
        head = f'Content-Disposition: form-data; name="{name}"'
        if draw(st.booleans()):
            head += f'; filename="{draw(anything)}"'
        if draw(st.booleans()):
            head += f"\r\nContent-Type: {draw(word)}"
        parts.append(b"--b\r\n" + head.encode("utf-8", "replace") + b"\r\n\r\n" + value + b"\r\n")
    body = b"".join(parts) + b"--b--\r\n"
    if draw(st.integers(0, 3)) == 0:
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, len(body)))
        body = body[:start] + draw(st.binary(max_size=8)) + body[end:]
    kind = draw(st.sampled_from(["multipart/form-data; boundary=b"] * 6 + ["multipart/form-data", "text/plain", ""]))
    return body, kind


def contract_of(method: str, path: str) -> str:
    if method != "POST":
        return "other"
    return "results" if path in RESULTS else "depth" if path == DEPTH else "other"


def check(contract: str, response: httpx.Response) -> None:
    """Status and body are such as the contract's document has."""
    assert response.status_code in DOCUMENTED[contract], response.text[:300]
    if contract == "depth" and response.status_code != 200:
        (reason,) = response.json().values()
        assert set(response.json()) == {"error"}
        assert reason
    elif contract == "results" and response.status_code == 413:
        assert response.text.startswith("Error: Request Entity Too Large\n")
    elif contract == "results" and response.status_code != 200:
        assert set(response.json()) == {"detail" if response.status_code == 422 else "message"}
    elif contract == "results":
        (result,) = response.json()["results"]
        assert result["status"]["code"] in ("ok", "failure")
        assert ("width" in result) == (result["status"]["code"] == "ok") == bool(result["entities"])


def test_no_request_makes_a_500(serve: Serve, make_portrait: Make) -> None:
    server = serve(credits=50_000, rate=1_000_000, url_timeout_s=1.0)
    seen: Counter[tuple[str, int]] = Counter()
    bodies = mostly(
        multipart(pictures(make_portrait)),
        st.tuples(
            st.binary(max_size=300), st.sampled_from(["multipart/form-data; boundary=b", "application/json", ""])
        ),
    )

    queries = st.dictionaries(st.one_of(st.sampled_from(["mode", "api_key"]), word), anything, max_size=2)

    @settings(
        max_examples=REQUESTS, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
    )
    @given(
        target=st.sampled_from(TARGETS),
        key=mostly(st.just(server.key), st.one_of(st.none(), word)),
        key_header=st.sampled_from([*KEY_HEADERS, "x-api-key"]),
        query=mostly(st.sampled_from([{}, *({"mode": mode.value} for mode in Mode)]), queries),
        body=bodies,
        chunked=st.booleans(),
    )
    def ask(
        target: tuple[str, str],
        key: str | None,
        key_header: str,
        query: dict[str, str],
        body: tuple[bytes, str],
        chunked: bool,
    ) -> None:
        (method, path), (content, kind) = target, body
        headers = [(b"content-type", kind.encode())] if kind else []
        if key is not None:
            headers.append((key_header.encode(), key.encode("latin-1")))
        response = server.client.request(
            method,
            server.base + path,
            params=query,
            headers=headers,
            content=iter([content[:50], content[50:]]) if chunked else content,
        )
        contract = contract_of(method, path)
        seen[contract, response.status_code] += 1
        check(contract, response)

    ask()
    assert sum(seen.values()) >= REQUESTS
    # Not everything was turned away at the door.
    for reached in (
        ("results", 200),
        ("results", 422),
        ("depth", 200),
        ("depth", 400),
        ("results", 401),
        ("depth", 403),
    ):
        assert seen[reached] > 10, seen
    counts = server.counts()
    assert counts.granted == counts.settled + counts.remaining
    assert counts.reserved == 0
    assert server.results(image=make_portrait()).json()["results"][0]["status"]["code"] == "ok"
