"""One line of JSON for each event: no pictures, no keys, no queries, no names of files."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

__all__ = ["JsonLines", "log_to_stderr", "logger"]

logger = logging.getLogger("livecut.server")


class JsonLines(logging.Formatter):
    """Writes the message as `event` and what `extra={"fields": ...}` has beside it."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            # Where it happened, not what it said: an exception's text may quote what a client sent.
            line["error"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            if trace is not None:
                line["at"] = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr() -> None:
    """Send the server's lines, and uvicorn's, to stderr; requests are logged by us, without their queries."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("livecut.server", "uvicorn", "uvicorn.error"):
        one = logging.getLogger(name)
        one.handlers = [handler]
        one.propagate = False
        one.setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").disabled = True
    # It tells each malformed body byte by byte, and in a form of its own.
    logging.getLogger("python_multipart").disabled = True
    logging.getLogger("python_multipart.multipart").disabled = True
