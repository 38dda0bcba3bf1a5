"""Reading what was kept of the rights appointments of one person; every reading keeps to the viewer's organisation."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, select

from contracts.viewer import Viewer
from services.intake.appointment_guide_tables import PreparationStep, RightsAppointment
from services.intake.appointment_guide_words import Preparation
from services.runtime.database import Work


@dataclass(frozen=True)
class Plan:
    """The last appointment and everything to prepare, in the order of the list."""

    last: RightsAppointment | None = None
    steps: tuple[PreparationStep, ...] = field(default_factory=tuple)


async def plan_of(viewer: Viewer, work: Work, person: UUID) -> Plan:
    """What is planned with that person."""
    appointments = select(RightsAppointment).where(
        RightsAppointment.person == person, RightsAppointment.organisation == viewer.organisation
    )
    newest = (await work.session.exec(appointments.order_by(col(RightsAppointment.held_at).desc()).limit(1))).first()
    steps = select(PreparationStep).where(
        PreparationStep.person == person, PreparationStep.organisation == viewer.organisation
    )
    order = list(Preparation)
    rows = sorted((await work.session.exec(steps)).all(), key=lambda row: order.index(Preparation(row.preparation)))
    return Plan(newest, tuple(rows))
