"""The one time zone of the product: working hours, days and delays are those of mainland France."""

from zoneinfo import ZoneInfo

ZONE = "Europe/Paris"
PARIS = ZoneInfo(ZONE)
