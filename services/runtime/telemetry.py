"""Logs, traces and metrics by allow-list: only the keys named here leave the process, and never a value of a person.

Logs are JSON lines on stderr. Traces go nowhere until `RELAIS_OTLP_ENDPOINT` is set. Metrics are read at `/metrics`.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import REGISTRY, Counter, Gauge, Histogram

LOG_KEYS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "component",
        "service",
        "error",
        "ask",
        "consumer",
        "type",
        "fact",
        "job",
        "route",
        "method",
        "status",
        "duration_ms",
        "reference",
        "slug",
        "count",
        "version",
        "port",
        "setting",
        "trace",
    }
)
SPAN_KEYS = frozenset({"service", "http.route", "http.request.method", "http.response.status_code", "error.type"})

_PROPAGATOR = TraceContextTextMapPropagator()
JOB_FAILURES = Counter("relais_job_failures_total", "Turns of a periodic job that failed", ["job"])
HTTP_SECONDS = Histogram("relais_http_seconds", "Time to answer a request", ["service", "route", "method", "status"])
OUTBOX_DEPTH = Gauge("relais_outbox_rows", "Facts committed and not yet carried", ["service"])
OUTBOX_AGE = Gauge("relais_outbox_oldest_seconds", "Age of the oldest fact not yet carried", ["service"])
INBOX_FAILURES = Gauge("relais_inbox_failures", "Facts that failed and will come back", ["service"])
DEAD_LETTERS = Gauge("relais_dead_letters", "Facts given up, waiting for a person", ["service"])
PARKED = Gauge("relais_parked_facts", "Facts waiting for an earlier one", ["service"])
BUS_UP = Gauge("relais_bus_connected", "1 while the bus is connected", ["service"])
CONSUMER_LAG = Gauge("relais_consumer_pending", "Facts that a consumer has still to take or acknowledge", ["consumer"])
assert REGISTRY


def _allow(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - structlog's signature
    return {key: value for key, value in event.items() if key in LOG_KEYS}


class _Provider(TracerProvider):
    """Knows whether anybody takes its spans: a span that nobody takes is not made."""

    taken = False

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        super().add_span_processor(span_processor)
        self.taken = True


def configure(
    level: str = "info",
    *,
    otlp_endpoint: str | None = None,
    console: bool = False,
    exporter: SpanExporter | None = None,
) -> None:
    """Set logging and tracing up once a process. Foreign loggers are silenced: they print what they are given."""
    logging.basicConfig(handlers=[logging.NullHandler()], level=logging.CRITICAL, force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _allow,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper(), logging.INFO)),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        provider = _Provider(resource=Resource({"service.name": "relais"}))
        if otlp_endpoint:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
        if console:
            provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
        if exporter is not None:
            from opentelemetry.sdk.trace.export import SimpleSpanProcessor

            provider.add_span_processor(SimpleSpanProcessor(exporter))
        trace.set_tracer_provider(provider)


def logger(name: str) -> Any:  # noqa: ANN401 - structlog's lazy proxy
    """A logger; its keyword arguments are dropped unless they are in LOG_KEYS."""
    return structlog.get_logger(component=name)


@contextmanager
def span(name: str, *, carrier: Mapping[str, Any] | None = None, **attributes: str | int) -> Iterator[trace.Span]:
    """A span whose name is made of code words only; `carrier` continues a trace that came over the bus.

    An exception is recorded by its class alone: its text may quote what it was given. While nobody takes spans none is
    made, and what came over the bus is handed on as it is.
    """
    context = _PROPAGATOR.extract({"traceparent": str(carrier.get("traceparent", ""))}) if carrier else None
    provider = trace.get_tracer_provider()
    if isinstance(provider, _Provider) and not provider.taken:
        token = contexts.attach(context) if context else None
        try:
            yield trace.INVALID_SPAN
        finally:
            if token is not None:
                contexts.detach(token)
        return
    kept = {key: value for key, value in attributes.items() if key in SPAN_KEYS}
    tracer = trace.get_tracer("relais")
    with tracer.start_as_current_span(
        name, context=context, attributes=kept, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_attribute("error.type", type(error).__name__)
            raise


def carrier() -> dict[str, str]:
    """The trace context of the present span, as headers."""
    found: dict[str, str] = {}
    _PROPAGATOR.inject(found)
    return found
