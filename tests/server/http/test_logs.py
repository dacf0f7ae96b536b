from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from livecut.server.http.form_reader import FormReader
from livecut.server.http.logs import JsonLines, log_to_stderr
from livecut.wire.malformed import Malformed


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


@pytest.fixture
def _logging_as_it_was() -> Iterator[None]:
    names = ("livecut.server", "uvicorn", "uvicorn.error", "uvicorn.access", "python_multipart.multipart")
    loggers = [logging.getLogger(name) for name in ("python_multipart", *names)]
    before = [(one.handlers, one.propagate, one.level, one.disabled) for one in loggers]
    yield
    for one, (handlers, propagate, level, disabled) in zip(loggers, before, strict=True):
        one.handlers, one.propagate, one.disabled = handlers, propagate, disabled
        one.setLevel(level)


@pytest.mark.usefixtures("_logging_as_it_was")
def test_the_parser_of_forms_says_nothing_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    with pytest.raises(Malformed):
        FormReader("multipart/form-data; boundary=b").feed(b"sesame")
    assert capfd.readouterr().err == ""
