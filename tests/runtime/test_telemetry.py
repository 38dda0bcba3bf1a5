"""Logs and spans say what is allowed and drop the rest, whatever is handed to them."""

import json

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.runtime import telemetry


def test_a_log_line_keeps_allowed_keys_alone(capsys) -> None:
    telemetry.configure("info")
    telemetry.logger("essai").info("fact_failed", consumer="c", person="Ombe Valtor", error="ValueError")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "fact_failed"
    assert line["component"] == "essai"
    assert line["consumer"] == "c"
    assert "person" not in line
    assert "Valtor" not in json.dumps(line)


def test_a_span_keeps_allowed_attributes_and_the_class_of_an_error() -> None:
    telemetry.configure("error")
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    try:
        with telemetry.span("essai", service="probe", person="Ombe Valtor"):
            raise ValueError("née 12/03/1951")
    except ValueError:
        pass
    span = next(one for one in exporter.get_finished_spans() if one.name == "essai")
    assert dict(span.attributes or {}) == {"service": "probe", "error.type": "ValueError"}
    assert span.events == ()
    assert "1951" not in span.to_json()
    exporter.shutdown()


def test_a_trace_continues_from_what_came_over_the_bus() -> None:
    with telemetry.span("sender") as sender:
        headers = telemetry.carrier()
    with telemetry.span("receiver", carrier=headers) as receiver:
        assert receiver.get_span_context().trace_id == sender.get_span_context().trace_id
