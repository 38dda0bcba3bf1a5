"""The crash points are shown on the probe service."""

from tests.runtime.probe import bus_folder, own_nats, probe

__all__ = ["bus_folder", "own_nats", "probe"]
