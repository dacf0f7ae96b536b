"""One remote service: sends a request, again where that is safe, and answers with a whole and bounded body."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import SecretStr

from livecut.errors import LivecutError, RemoteRefused, RemoteUnreachable
from livecut.remote.budget import CreditBudget
from livecut.remote.client import make_client
from livecut.remote.deadline import Deadline
from livecut.remote.failures import distrusted, never_sent, refused, unreachable
from livecut.remote.pace import Pace
from livecut.remote.retries import Retries, retry_after_s
from livecut.remote.secret import KeyHeaders, redacted
from livecut.wire.clipdrop import CONSUMED_HEADER
from livecut.wire.form import Form, Upload
from livecut.wire.refusal import reason_in

__all__ = ["Answer", "Service"]

_CONNECT_S = 10.0
_RETRIED = frozenset({500, 502, 503, 504})
# A gateway that gave up says nothing about whether the service behind it went on and charged.
_MAYBE_CHARGED = frozenset({502, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of status 200, read to its end."""

    headers: httpx.Headers
    body: bytes = field(repr=False)


class Service:
    """Calls one service; safe to use from several threads.

    A call is repeated only where it cannot be charged twice: when no connection came about, for 429 with Retry-After,
    and for 5xx. `before_leaving` is called before each attempt; where it raises, nothing is sent. `sleep` waits between
    attempts and may raise, too. `clock` and `random` are for tests.
    """

    def __init__(
        self,
        name: str,
        *,
        key: SecretStr | None,
        key_headers: Mapping[str, str],
        timeout_s: float = 60.0,
        max_bytes: int,
        retries: Retries | None = None,
        pace: Pace | None = None,
        budget: CreditBudget | None = None,
        before_leaving: Callable[[], None] = lambda: None,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        if timeout_s <= 0.0:
            raise ValueError("a timeout is positive")
        self.name = name
        self._key = key
        self._auth = KeyHeaders(key_headers)
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._retries = retries or Retries()
        self._pace = pace
        self._budget = budget
        self._before_leaving = before_leaving
        self._clock = clock
        self._sleep = sleep
        self._random = random
        timeout = httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))
        self._client = make_client(timeout=timeout, transport=transport)
        self._deadline = Deadline(clock)
        self._deadline.bind(self._client)

    def __repr__(self) -> str:
        return f"Service({self.name!r})"

    def get(self, url: str) -> Answer:
        """Read something that costs nothing."""
        return self._send(self._request("GET", url), idempotent=True)

    def post(self, url: str, *, query: Mapping[str, str], form: Form) -> Answer:
        """Send a form; one call, one credit, unless the answer says otherwise."""
        # Every part goes as a file, texts without a name: a form of texts alone must be multipart too.
        files = [(name, _part(value)) for name, value in form]
        return self._send(self._request("POST", url, params=query, files=files), idempotent=False)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._client.close()

    def _request(self, method: str, url: str, **content: Any) -> httpx.Request:
        try:
            return self._client.build_request(method, url, **content)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise unreachable(self.name, error) from error

    def _send(self, request: httpx.Request, *, idempotent: bool) -> Answer:
        attempt = 1
        while True:
            failure, delay_s = self._attempt(request, attempt, idempotent=idempotent)
            if isinstance(failure, Answer):
                return failure
            if delay_s is None:
                raise failure
            self._sleep(delay_s)
            attempt += 1

    def _attempt(
        self, request: httpx.Request, attempt: int, *, idempotent: bool
    ) -> tuple[Answer | LivecutError, float | None]:
        """One call: its answer, or the error and how long to wait before the next one."""
        if self._pace is not None:
            self._pace.wait()
        self._before_leaving()
        held = 0 if idempotent or self._budget is None else self._budget.hold()
        spent = held  # until an answer says otherwise
        try:
            status, headers, body = self._exchange(request)
            spent = _cost(status, headers, held)
        except UnicodeError as error:  # of a host that cannot be looked up
            spent = 0
            failure = unreachable(self.name, error)
            failure.__cause__ = error
            return failure, None
        except httpx.HTTPError as error:
            spent = 0 if never_sent(error) else held
            failure = unreachable(self.name, error)
            failure.__cause__ = error
            again = (idempotent or never_sent(error)) and not distrusted(error)
            return failure, self._retries.delay_s(attempt, None, self._random()) if again else None
        finally:
            if held and self._budget is not None:
                self._budget.settle(held, spent)
        if status == 200:
            return Answer(headers, body), None
        asked_s = retry_after_s(headers.get("retry-after"))
        failure = refused(self.name, status, redacted(reason_in(body), self._key), retry_after_s=asked_s)
        again = status in _RETRIED or (status == 429 and asked_s is not None)
        return failure, self._retries.delay_s(attempt, asked_s, self._random()) if again else None

    def _exchange(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        longest_s = self._timeout_s + _CONNECT_S
        deadline = self._clock() + longest_s
        self._deadline.begin(longest_s)
        response = self._client.send(request, stream=True, auth=self._auth)
        try:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > self._max_bytes:
                    if response.status_code != 200:
                        break  # the reason stands at the beginning
                    megabytes = self._max_bytes >> 20
                    raise RemoteRefused(
                        f"the answer of {self.name} is longer than {megabytes} MB",
                        hint="it is not what the contract says: check the base address",
                    )
                # The timeout bounds each read; this bounds a service that sends a byte at a time, whatever carries it.
                if self._clock() > deadline:
                    raise RemoteUnreachable(
                        f"{self.name} did not answer in time", hint="raise the timeout; the call may be charged"
                    )
            return response.status_code, response.headers, bytes(body)
        finally:
            response.close()


def _part(value: str | Upload) -> tuple[str | None, bytes, str | None]:
    if isinstance(value, str):
        return None, value.encode(), None
    return value.name, value.content, value.media_type


def _cost(status: int, headers: httpx.Headers, held: int) -> int:
    """Credits an answer cost: what it says, else one for a success, none for a refusal."""
    text = headers.get(CONSUMED_HEADER, "")
    if held and text.isascii() and text.isdigit() and len(text) <= 9:
        return int(text)
    if status in _MAYBE_CHARGED:
        return held
    return min(held, 1) if status < 300 else 0
