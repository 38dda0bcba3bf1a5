"""One referral is one trace through the four services, and a span says only what is on the list."""

from collections.abc import Iterator

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
    spans.clear()
    await story.confide(referent, person, "rsa")

    async def whole() -> list[ReadableSpan] | None:
        finished = spans.get_finished_spans()
        sending = {one.context.trace_id for one in finished if one.name == "ask send_referral"}
        ours = [one for one in finished if one.context.trace_id in sending]
        return ours if services_of(ours) == set(SERVICES) else None

    found = await until(whole, within=30)
    names = {one.name for one in found}
    assert {"POST intake", "answer send_referral", "take partners-referral", "take notify-referral"} <= names


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
