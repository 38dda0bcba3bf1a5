"""The fixtures of these tests."""

from tests.runtime.probe import bus_folder, own_nats, probe

__all__ = ["bus_folder", "own_nats", "probe"]
