from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from livecut.server.http.body import Body
from livecut.server.http.byte_budget import ByteBudget
from livecut.server.http.turned_away import TurnedAway, Why
from livecut.wire.form import Form, Upload

FORM = b'--xyz\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc\r\n--xyz--\r\n'


class Sender:
    """A client that sends chunks; `...` is a chunk that never comes, None one that breaks off."""

    def __init__(self, *chunks: Any, **headers: str) -> None:
        self.chunks = list(chunks)
        self.asked = 0
        fields = {"content-type": "multipart/form-data; boundary=xyz"} | headers
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
        self.body = Body(Request({"type": "http", "method": "POST", "headers": raw}, self.receive))

    async def receive(self) -> dict[str, Any]:
        self.asked += 1
        chunk = self.chunks.pop(0)
        if chunk is ...:
            await asyncio.sleep(3600)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks)}

    def form(
        self, *, max_bytes: int = 1000, timeout_s: float = 30.0, idle_s: float = 30.0, budget: int = 10_000
    ) -> Form:
        self.budget = ByteBudget(budget)
        self.share = self.budget.share()

        async def read() -> Form:
            return await self.body.form(self.share, max_bytes=max_bytes, timeout_s=timeout_s, idle_s=idle_s)

        form: Form = run(read)
        return form


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        return await work()

    return asyncio.run(main())


def test_chunks_make_a_form_and_count_in_the_budget() -> None:
    sender = Sender(FORM[:20], b"", FORM[20:])
    assert sender.form() == (("image", Upload(b"abc", "a")),)
    assert sender.share.bytes == len(FORM) == sender.body.size
    assert sender.body.ended


def test_a_body_of_exactly_the_bound() -> None:
    assert Sender(FORM).form(max_bytes=len(FORM))


@pytest.mark.parametrize("headers", [{}, {"content_length": str(len(FORM))}])
def test_one_byte_more(headers: dict[str, str]) -> None:
    sender = Sender(FORM, **headers)
    with pytest.raises(TurnedAway) as caught:
        sender.form(max_bytes=len(FORM) - 1)
    assert caught.value.why is Why.TOO_LARGE
    assert sender.asked == (0 if headers else 1)  # what is declared too large is not even begun


def test_a_budget_without_room_turns_away_before_anything_is_read() -> None:
    sender = Sender(FORM, content_length="500")
    with pytest.raises(TurnedAway) as caught:
        sender.form(budget=499)
    assert caught.value.why is Why.FULL
    assert sender.asked == 0


@pytest.mark.parametrize("bound", [{"timeout_s": 0.05}, {"idle_s": 0.05}])
def test_a_client_that_stops_sending(bound: dict[str, float]) -> None:
    with pytest.raises(TurnedAway) as caught:
        Sender(FORM[:20], ...).form(**bound)  # type: ignore[arg-type]
    assert caught.value.why is Why.TOO_SLOW


def test_what_is_announced_and_does_not_come_takes_nothing() -> None:
    sender = Sender(FORM[:20], ..., content_length="900")
    with pytest.raises(TurnedAway):
        sender.form(idle_s=0.05)
    assert sender.share.bytes == sender.budget.taken == 20


def test_a_client_that_goes() -> None:
    with pytest.raises(ClientDisconnect):
        Sender(FORM[:20], None).form()


def test_a_malformed_body_says_how() -> None:
    with pytest.raises(TurnedAway) as caught:
        Sender(FORM[:-10]).form()
    assert (caught.value.why, caught.value.reason) == (Why.MALFORMED, "The multipart body is cut off.")


def test_what_is_refused_is_taken_to_its_end() -> None:
    sender = Sender(b"a", b"b", b"c")
    run(sender.body.discard)
    assert (sender.asked, sender.body.ended) == (3, True)


def test_what_is_left_is_taken_after_a_refusal_in_the_middle() -> None:
    sender = Sender(b"x" * 600, b"x" * 600, b"x" * 600)
    with pytest.raises(TurnedAway):
        sender.form(max_bytes=100)
    run(sender.body.discard)
    assert sender.body.size == 1800


def test_a_client_that_waits_to_be_told_is_not_told() -> None:
    sender = Sender(b"a", expect="100-continue")
    run(sender.body.discard)
    assert (sender.asked, sender.body.ended) == (0, False)


def test_discarding_survives_a_client_that_goes() -> None:
    run(Sender(b"a", None, b"b").body.discard)
