"""`relais bench`: what Relais does in a second, beside what its engines do by themselves, in one run on one machine."""

from services.bench.measure import measure, measure_every_page

__all__ = ["measure", "measure_every_page"]
