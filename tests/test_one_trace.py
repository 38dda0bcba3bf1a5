"""One referral is one trace through the four services, and a span says only what is on the list."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.topology import SERVICES
from services.runtime import telemetry
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import REFERENT, Someone

STEPS = {"POST intake", "answer send_referral", "take partners-referral", "take notify-referral"}


@pytest.fixture
def spans(relais: Running) -> Iterator[InMemorySpanExporter]:
    """Every span that ends from now on."""
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


def services_of(found: list[ReadableSpan]) -> set[str]:
    return {str((one.attributes or {}).get("service")) for one in found}


async def test_one_trace_follows_a_referral_through_the_four_services(relais, spans, until) -> None:
    referent = await relais.sign_in(story.login(REFERENT))
    person = await story.meet(referent, Someone("Huguette", "Traverselle"))
    await story.review(referent, person, "rsa")
    await story.agree(referent, person, story.SOCIAL, "rsa")

    async def whole() -> list[ReadableSpan] | None:
        traces: dict[int, list[ReadableSpan]] = {}
        for one in spans.get_finished_spans():
            traces.setdefault(one.context.trace_id, []).append(one)
        return next((trace for trace in traces.values() if {one.name for one in trace} >= STEPS), None)

    # A batch of facts goes on in the trace of its first: a referral that shares one with another's facts is no sample.
    for _ in range(3):
        await story.confide(referent, person, "rsa")
        with suppress(AssertionError):
            await until(whole, within=8)
            break
    assert services_of(await whole() or []) == set(SERVICES)


async def test_a_span_has_no_attribute_that_is_not_on_the_list(relais, spans) -> None:
    referent = await relais.sign_in(story.login(REFERENT))
    sent = await story.send_one(referent, Someone("Honorine", "Belcastel"))
    agent = await relais.sign_in(story.login(story.AGENT))
    await agent.get(f"/bureau/{sent.ref}")
    await agent.get(f"/bureau/{sent.person}")  # an address that is nobody's
    finished = spans.get_finished_spans()
    assert len(finished) > 10
    assert {key for one in finished for key in (one.attributes or {})} <= telemetry.SPAN_KEYS
    assert [event for one in finished for event in one.events] == []
    said = " ".join(f"{one.name} {dict(one.attributes or {})} {one.status.description}" for one in finished)
    for reference in (sent.ref, sent.person):
        assert str(reference) not in said
