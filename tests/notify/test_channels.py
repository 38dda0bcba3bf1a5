"""One behaviour suite over every adapter of the port: mail by a real relay and by the box, text messages by a real
gateway and by the box.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.breaker import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, Breaker, Circuit
from services.notify.channels import Channel, Letter, NotSent, send_one
from services.notify.domain import Reason
from services.notify.sink import Box
from services.notify.sms import TextMessages
from services.notify.sms_sink import SmsBox
from services.notify.smtp import Mailer
from services.runtime.settings import Settings


@dataclass
class Adapter:
    """A channel and what the suite needs to know of its provider."""

    channel: Channel
    to: str
    received: Callable[[], list[str]]
    away: Callable[[], AbstractAsyncContextManager[None]]
    refuse: Callable[[str], None] | None
    once: bool
    clock: "Clock" = field(default=None)  # type: ignore[assignment]


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


# The local boxes refuse nobody and are never away.
REAL = pytest.mark.parametrize("adapter", ["relay", "gateway"], indirect=True)


@pytest.fixture(params=["relay", "mail box", "gateway", "text box"])
async def adapter(request, world):
    clock, number, email = Clock(), f"+336{uuid4().int % 10**8:08d}", f"{uuid4().hex[:12]}@guichet.example"
    match request.param:
        case "relay":
            channel = Mailer(world.service.settings, None, clock)
            made = Adapter(
                channel, email, lambda: [one.words for one in world.relay.to(email)], world.relay.away,
                world.relay.refused.add, once=False,
            )  # fmt: skip
        case "mail box":
            box = Box(clock)
            made = Adapter(
                Mailer(Settings(), box, clock), email, lambda: [one.text for one in box.newest_first()], nullcontext,
                None, once=False,
            )  # fmt: skip
        case "gateway":
            made = Adapter(
                TextMessages(world.service.settings, None, clock), number,
                lambda: [one["text"] for one in world.gateway.to(number)], world.gateway.away,
                world.gateway.refused.add, once=True,
            )  # fmt: skip
        case _:
            texts = SmsBox(clock)
            made = Adapter(
                TextMessages(Settings(), texts, clock), number, lambda: [one.text for one in texts.newest_first()],
                nullcontext, None, once=True,
            )  # fmt: skip
    yield replace(made, clock=clock)
    await made.channel.stop()


def letter_to(adapter: Adapter, text: str = "Une orientation vous attend.") -> Letter:
    return Letter(f"telling-{uuid4()}", adapter.to, text, "Relais", f"<p>{text}</p>")


async def test_a_letter_arrives_with_its_words(adapter):
    await send_one(adapter.channel, letter_to(adapter))
    (received,) = adapter.received()
    assert "Une orientation vous attend." in received


async def test_several_letters_go_over_one_line(adapter):
    async with adapter.channel.connected() as line:
        for _ in range(3):
            await line.send(letter_to(adapter))
    assert len(adapter.received()) == 3


async def test_a_repetition_is_recognised_as_one(adapter):
    letter = letter_to(adapter)
    await send_one(adapter.channel, letter)
    await send_one(adapter.channel, letter)
    if adapter.once:
        assert len(adapter.received()) == 1
    elif adapter.refuse is not None:
        assert all(f"Message-ID: <{letter.reference}@valbrume.example>" in one for one in adapter.received())


@REAL
async def test_a_refused_address_is_final_and_opens_no_circuit(adapter):
    adapter.refuse(adapter.to)
    for _ in range(FAILURES + 1):
        with pytest.raises(NotSent) as found:
            await send_one(adapter.channel, letter_to(adapter))
        assert found.value.final and found.value.address
    assert adapter.channel.circuit.breaker.state(adapter.clock()) is Circuit.CLOSED


@REAL
async def test_a_provider_that_is_away_is_left_alone_then_tried_once(adapter):
    away = (Reason.RELAY_AWAY, Reason.GATEWAY_AWAY)
    async with adapter.away():
        for _ in range(FAILURES):
            with pytest.raises(NotSent) as found:
                await send_one(adapter.channel, letter_to(adapter))
            assert found.value.reason in away and not found.value.final
        with pytest.raises(NotSent) as found:
            await send_one(adapter.channel, letter_to(adapter))
        assert found.value.reason is Reason.PAUSED and found.value.again_in == FIRST_PAUSE
        adapter.clock.now += FIRST_PAUSE
        with pytest.raises(NotSent) as found:
            await send_one(adapter.channel, letter_to(adapter))
        assert found.value.reason in away
    with pytest.raises(NotSent):
        await send_one(adapter.channel, letter_to(adapter))
    adapter.clock.now += 2 * FIRST_PAUSE
    await send_one(adapter.channel, letter_to(adapter))
    assert adapter.channel.circuit.breaker.state(adapter.clock()) is Circuit.CLOSED
    assert len(adapter.received()) == 1


async def test_the_gateway_gets_a_secret_and_one_that_falters_is_away(world):
    channel = TextMessages(world.service.settings, None)
    letter = Letter(f"telling-{uuid4()}", "+33600000001", "Bonjour")
    await send_one(channel, letter)
    assert world.gateway.secrets == {"Bearer secret-de-passerelle"}
    for status in (500, 503, 429, 401):
        world.gateway.status = status
        with pytest.raises(NotSent) as found:
            await send_one(channel, letter)
        assert found.value.reason is Reason.GATEWAY_AWAY
    world.gateway.status = None


async def test_without_a_gateway_nothing_leaves_and_it_is_said():
    with pytest.raises(NotSent) as found:
        await send_one(TextMessages(Settings(), None), Letter("x", "+33600000001", "Bonjour"))
    assert found.value.reason is Reason.NO_GATEWAY and found.value.final


@given(st.lists(st.tuples(st.booleans(), st.integers(min_value=0, max_value=1200)), max_size=60))
def test_a_circuit_opens_only_after_failures_in_a_row_and_never_for_longer_than_its_longest_pause(steps):
    breaker, now, in_a_row = Breaker(), datetime(2026, 3, 2, 9, tzinfo=UTC), 0
    for well, seconds in steps:
        now += timedelta(seconds=seconds)
        if not breaker.allows(now):
            assert in_a_row >= FAILURES
            assert timedelta() <= breaker.again_in(now) <= LONGEST_PAUSE
            continue
        (breaker.answered if well else breaker.failed)(now)
        in_a_row = 0 if well else in_a_row + 1
        assert (breaker.state(now) is Circuit.CLOSED) == (in_a_row < FAILURES)


def test_half_open_one_asks_and_the_others_wait():
    breaker, now = Breaker(), datetime(2026, 3, 2, 9, tzinfo=UTC)
    for _ in range(FAILURES):
        breaker.failed(now)
    later = now + FIRST_PAUSE
    assert breaker.allows(later) and not breaker.allows(later)
    assert breaker.allows(later + timedelta(minutes=2))
