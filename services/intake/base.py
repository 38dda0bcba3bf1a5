"""The base of every table of intake; `tables.py` gathers them."""

from services.runtime.tables import service_base

Base = service_base("intake")
