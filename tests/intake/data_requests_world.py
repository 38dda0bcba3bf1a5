"""Requests of people about their data, as the tests make them: a DPO, a request, its fulfilment."""

from uuid import UUID

from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.intake import data_request_decisions as decisions
from services.intake.data_request_rules import (
    Kind,
    Origin,
)
from services.intake.data_request_tables import DataRequest
from services.intake.data_requests import open_request
from services.intake.tables import Person
from tests.intake.people_world import People, referent


def the_dpo(kind: OrganisationKind = OrganisationKind.EPCI, organisation: UUID | None = None) -> Viewer:
    viewer = referent(organisation, Role.DPO)
    return viewer.model_copy(update={"organisation_kind": kind, "display_name": "Ana Roche"})


async def asked(people: People, viewer: Viewer, person: UUID, kind: Kind, **more: object) -> UUID:
    async with people.work(viewer) as work:
        return await open_request(work, person, kind, Origin.LETTER, keys=people.keys, **more)


async def fulfil(people: People, ref: UUID, dpo: Viewer | None = None) -> None:
    (row,) = await people.rows(DataRequest, DataRequest.ref == ref)
    asks = row.kind == Kind.ERASURE
    number = (await people.rows(Person, Person.ref == row.person))[0].file_number if asks else None
    eraser = people.service.app.state.eraser
    await decisions.fulfil(dpo or the_dpo(), people.service, ref, eraser, file_number=number)
