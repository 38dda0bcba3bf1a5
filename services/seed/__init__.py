"""A fictional territory, always the same for the same numbers, played through the real handlers with past instants."""

from services.seed.sowing import SeedReport, seed

__all__ = ["SeedReport", "seed"]
