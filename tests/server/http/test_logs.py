from __future__ import annotations

import json
import logging
import sys

from livecut.server.http.logs import JsonLines


def record(message: str, **extra: object) -> logging.LogRecord:
    one = logging.LogRecord("livecut.server", logging.INFO, "f", 1, message, (), None)
    vars(one).update(extra)
    return one


def test_an_event_is_one_line_of_json() -> None:
    line = JsonLines().format(record("request", fields={"status": 200, "route": "results"}))
    assert "\n" not in line
    parsed = json.loads(line)
    assert parsed.pop("time").endswith("+00:00")
    assert parsed == {"level": "info", "event": "request", "status": 200, "route": "results"}


def test_an_error_says_where_and_quotes_nothing() -> None:
    try:
        raise ValueError("sesame")
    except ValueError:
        line = JsonLines().format(record("a request failed", exc_info=sys.exc_info()))
    assert "sesame" not in line
    parsed = json.loads(line)
    assert parsed["error"] == "ValueError"
    assert parsed["at"].startswith(f"{__name__}:")
