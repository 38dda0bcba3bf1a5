"""The base of every table of partners; `tables.py` gathers them."""

from services.runtime.tables import service_base

Base = service_base("partners")
