"""A fictional territory, always the same for the same numbers, played through the real handlers with past instants."""

from services.seed.sowing import SeedReport, SownBefore, seed

__all__ = ["SeedReport", "SownBefore", "seed"]
