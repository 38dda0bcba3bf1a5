"""Dates as people say them, in French, at the hour of Paris; the exact instant is kept for the hover and the print."""

from datetime import UTC, date, datetime, time

from contracts.paris import PARIS

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def day(value: date | datetime, today: date | None = None) -> str:
    """`aujourd’hui`, `hier`, `demain`, `jeudi 19 novembre`, or with its year when it is another one."""
    when = value.astimezone(PARIS).date() if isinstance(value, datetime) else value
    now = today or datetime.now(UTC).astimezone(PARIS).date()
    near = {0: "aujourd’hui", -1: "hier", 1: "demain"}.get((when - now).days)
    if near:
        return near
    number = "1er" if when.day == 1 else str(when.day)
    text = f"{DAYS[when.weekday()]} {number} {_MONTHS[when.month - 1]}"
    return text if when.year == now.year else f"{text} {when.year}"


def until(value: date | datetime, today: date | None = None) -> str:
    """`jusqu’à demain`, `jusqu’au jeudi 19 novembre`."""
    text = day(value, today)
    return f"jusqu’à {text}" if text in ("aujourd’hui", "hier", "demain") else f"jusqu’au {text}"


def month(value: date) -> str:
    """`novembre 2026`."""
    return f"{_MONTHS[value.month - 1]} {value.year}"


def hour(value: datetime | time) -> str:
    """`10 h` or `10 h 05`; of an instant, the hour of Paris."""
    local = value.astimezone(PARIS) if isinstance(value, datetime) else value
    return f"{local.hour} h" + (f" {local.minute:02d}" if local.minute else "")


def when(value: datetime, now: datetime | None = None) -> str:
    """`il y a 4 minutes` within the hour, else the day and the hour."""
    at = now or datetime.now(UTC)
    seconds = (at - value).total_seconds()
    if 0 <= seconds < 60:
        return "à l’instant"
    if 0 <= seconds < 3600:
        minutes = int(seconds // 60)
        return f"il y a {minutes} minute{'s' if minutes > 1 else ''}"
    return f"{day(value, at.astimezone(PARIS).date())} à {hour(value)}"


def iso(value: date | datetime) -> str:
    """The exact instant for `<time datetime>`."""
    return value.isoformat()


def exact(value: date | datetime) -> str:
    """The exact instant in words, for a title and for print."""
    if isinstance(value, datetime):
        local = value.astimezone(PARIS)
        return f"{DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}, {hour(value)}"
    return f"{DAYS[value.weekday()]} {value.day} {_MONTHS[value.month - 1]} {value.year}"
