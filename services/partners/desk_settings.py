"""How a desk works: its hours, closings, capacity, usual documents and modes, changed by its managers.

What counts as its working time leaves as a fact: due instants are computed with it from then on.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from contracts.facts import Closure, DeskHoursChanged, OpeningHours
from contracts.refusals import DateInThePast, InvalidInput, NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Capacity
from services.partners.directory import actor_kind, enter, find_desk, open_organisation
from services.partners.directory_commands import SaveSettings
from services.partners.directory_tables import DeskSetting
from services.partners.domain import today_in_paris
from services.partners.tables import Desk
from services.runtime.database import Work

AHEAD = timedelta(days=366)


async def save_settings(command: SaveSettings, desk: UUID, work: Work, viewer: Viewer) -> None:
    """Replace how that desk works. Refusals: NotFound, DateInThePast, InvalidInput, OrganisationAlreadyClosed."""
    row = await managed_desk(viewer, work, desk)
    await open_organisation(viewer, work, row.organisation)
    today = today_in_paris(work.now)
    effective = _checked(command, today)
    kept = await work.session.get(DeskSetting, desk)
    setting = kept or DeskSetting(desk=desk, organisation=row.organisation, updated_at=work.now, documents=[])
    hours = command.hours()
    changed = (hours, command.closed_from, command.closed_until) != (setting.hours, row.closed_from, row.closed_until)
    row.modes = [mode.value for mode in command.modes]
    row.closed_from, row.closed_until = command.closed_from, command.closed_until
    setting.hours, setting.hours_from = hours, effective if changed else setting.hours_from
    setting.capacity = command.capacity.value
    setting.full_until = command.full_until if command.capacity is Capacity.FULL else None
    setting.documents, setting.documents_note = [one.value for one in command.documents], command.documents_note
    setting.updated_at = work.now
    work.session.add_all([row, setting])
    await enter("desk_settings_changed", work, viewer, organisation=row.organisation, desk=desk, name=row.name)
    if changed:
        work.emit(_fact(row, setting, effective, work), actor_kind=actor_kind(viewer))


async def managed_desk(viewer: Viewer, work: Work, desk: UUID) -> Desk:
    """A desk that the viewer manages, or any for the administration. Refusal: NotFound."""
    if not viewer.has(Role.ADMINISTRATOR) and desk not in viewer.manages:
        raise NotFound
    return await find_desk(viewer, work, desk)


async def settings_of(_viewer: Viewer | None, work: Work, desks: Iterable[UUID]) -> dict[UUID, DeskSetting]:
    """The settings of those desks that have some."""
    statement: Any = select(DeskSetting).where(DeskSetting.desk.in_(list(desks)))  # type: ignore[attr-defined]
    return {one.desk: one for one in (await work.session.execute(statement)).scalars()}


def hours_of(setting: DeskSetting | None) -> tuple[OpeningHours, ...]:
    """The stretches of opening; none when the desk said nothing."""
    return tuple(OpeningHours.model_validate(one) for one in (setting.hours if setting else ()))


def is_full(setting: DeskSetting | None, on: date) -> bool:
    """Full that day: said so, and not only until a day that is past."""
    if setting is None or setting.capacity != Capacity.FULL:
        return False
    return setting.full_until is None or on <= setting.full_until


def _checked(command: SaveSettings, today: date) -> date:
    """The first day of the new hours. Nothing is changed in the past: due instants were promised by the old ones."""
    effective = command.effective_from or today
    if effective < today:
        raise DateInThePast(field="effective_from")
    if effective > today + AHEAD:
        raise InvalidInput(field="effective_from", reason="Choisissez une date dans l’année qui vient.")
    if command.closed_until and not command.closed_from:
        raise InvalidInput(field="closed_from", reason="Indiquez aussi le premier jour de fermeture.")
    if command.closed_from and command.closed_until and command.closed_until < command.closed_from:
        raise InvalidInput(field="closed_until", reason="Le dernier jour vient après le premier.")
    if command.full_until and command.capacity is Capacity.FULL and command.full_until < today:
        raise DateInThePast(field="full_until")
    return effective


def _fact(desk: Desk, setting: DeskSetting, effective: date, work: Work) -> DeskHoursChanged:
    closures = (Closure(first=desk.closed_from, last=desk.closed_until),) if desk.closed_from else ()
    return DeskHoursChanged(
        ref=desk.ref,
        organisation=desk.organisation,
        hours=hours_of(setting),
        closures=closures,
        effective_from=effective,
        at=work.now,
    )
