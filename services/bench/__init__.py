"""`relais bench`: what Relais does in a second, beside what its engines do by themselves, in one run on one machine."""

from services.bench.measure import measure

__all__ = ["measure"]
