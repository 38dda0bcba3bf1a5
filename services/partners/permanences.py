"""Permanences: when the next one is held, in words, and how they are changed by managers and the administration.

They are public facts of the directory: the place is a public place, and nobody accompanied is ever in one.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import Field, field_validator, model_validator
from sqlalchemy import select

from contracts.envelope import Frozen
from contracts.refusals import InvalidInput, NotFound
from contracts.replies import Permanence as PermanenceFound
from contracts.viewer import Role, Viewer
from services.partners.directory import enter, find_desk, open_organisation
from services.partners.directory_commands import LINE, stretches_of, without_long_number
from services.partners.domain import today_in_paris
from services.partners.permanence_tables import Permanence
from services.partners.working_days import is_holiday
from services.runtime.database import Work
from services.runtime.web import dates

LOOKED_AHEAD = 366


class SavePermanence(Frozen):
    """`hours` is one stretch as people write it: `9 h - 12 h`. `desk` None is the whole organisation's."""

    place: str = Field(min_length=2, max_length=LINE)
    weekday: int = Field(ge=1, le=7)
    hours: str = Field(min_length=1)
    valid_from: date | None = None
    valid_until: date | None = None
    closed_on_holidays: bool = False
    desk: UUID | None = None

    @field_validator("place")
    @classmethod
    def holds_no_number(cls, value: str) -> str:
        """A sentence for everybody holds nobody's number."""
        return without_long_number(value)

    @field_validator("hours")
    @classmethod
    def is_one_stretch(cls, value: str) -> str:
        """From when to when; two stretches are two permanences."""
        if len(stretches_of(value)) != 1:
            raise ValueError("Écrivez une seule plage, ainsi\u202f: 9 h - 12 h. L’après-midi en est une autre.")
        return value

    @model_validator(mode="after")
    def is_in_order(self) -> "SavePermanence":
        """The last day is not before the first."""
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("Le dernier jour vient après le premier.")
        return self


async def save_permanence(
    command: SavePermanence, organisation: UUID, ref: UUID | None, work: Work, viewer: Viewer
) -> UUID:
    """Make or change a permanence. Refusals: NotFound, InvalidInput (desk), OrganisationAlreadyClosed."""
    await open_organisation(viewer, work, organisation)
    row = await find_permanence(viewer, work, ref) if ref else None
    if row is not None and row.organisation != organisation:
        raise NotFound
    if command.desk is not None and (await find_desk(viewer, work, command.desk)).organisation != organisation:
        raise InvalidInput(field="desk", reason="Choisissez un guichet de la liste.")
    if not may_keep(viewer, command.desk):
        raise NotFound
    today, (opens, closes) = today_in_paris(work.now), stretches_of(command.hours)[0]
    values = {
        "desk": command.desk, "place": command.place, "weekday": command.weekday, "opens": opens, "closes": closes,
        "valid_from": command.valid_from or (row.valid_from if row else today), "valid_until": command.valid_until,
        "closed_on_holidays": command.closed_on_holidays, "updated_at": work.now,
    }  # fmt: skip
    if row is None:
        row = Permanence(ref=uuid4(), organisation=organisation, **values)
    for name, value in values.items():
        setattr(row, name, value)
    work.session.add(row)
    kind = "permanence_changed" if ref else "permanence_made"
    await enter(kind, work, viewer, organisation=organisation, desk=command.desk, name=command.place)
    return row.ref


def may_keep(viewer: Viewer, desk: UUID | None) -> bool:
    """The administration keeps every permanence, a manager those of her desks."""
    return viewer.has(Role.ADMINISTRATOR) or (desk is not None and desk in viewer.manages)


async def find_permanence(viewer: Viewer, work: Work, ref: UUID) -> Permanence:
    """One that this viewer may change. Refusal: NotFound."""
    row = await work.session.get(Permanence, ref)
    if row is None or not may_keep(viewer, row.desk):
        raise NotFound
    return row


async def every_permanence(_viewer: Viewer | None, work: Work) -> list[PermanenceFound]:
    """Each of the territory's, those that have ended too: an appointment may name one; the soonest first."""
    statement: Any = select(Permanence).order_by(Permanence.place)  # type: ignore[arg-type]
    today = today_in_paris(work.now)
    found = [_found(one, today) for one in (await work.session.execute(statement)).scalars()]
    return sorted(found, key=lambda one: (one.next_on or date.max, one.opens, one.place))


def _found(row: Permanence, today: date) -> PermanenceFound:
    own = {name: getattr(row, name) for name in ("ref", "organisation", "desk", "place", "weekday", "opens", "closes")}
    return PermanenceFound(**own, next_on=next_held(row, today))


def next_held(row: Permanence, today: date) -> date | None:
    """The next day on which it is held, today included; None when there is none within a year."""
    first = max(today, row.valid_from)
    day = first + timedelta(days=(row.weekday - first.isoweekday()) % 7)
    last = min(today + timedelta(days=LOOKED_AHEAD), row.valid_until or date.max)
    while day <= last:
        if not (row.closed_on_holidays and is_holiday(day)):
            return day
        day += timedelta(days=7)
    return None


def coming(found: Iterable[PermanenceFound], *, desk: UUID | None = None, organisation: UUID | None = None) -> tuple[
    PermanenceFound, ...
]:
    """Those still to be held, of that desk, or of that organisation as a whole."""
    return tuple(
        one for one in found
        if one.next_on and (one.desk == desk if desk else one.desk is None and one.organisation == organisation)
    )  # fmt: skip


def every_week(one: PermanenceFound | Permanence) -> str:
    """`mardi, 9 h – 12 h`."""
    return f"{dates.DAYS[one.weekday - 1]}, {dates.hour(one.opens)} – {dates.hour(one.closes)}"
