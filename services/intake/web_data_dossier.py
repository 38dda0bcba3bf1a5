"""The dossier of an access request: a page to read and print, and the same as JSON, while that request is open.

Nothing of a person is shown to a DPO but here; each reading is in the journal and in the request's trace.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.refusals import DataRequestOver, NotFound
from contracts.viewer import Viewer
from services.intake import journal
from services.intake.consent_record import consent_record
from services.intake.data_request_decisions import decision_of, is_open
from services.intake.data_request_dossier import Held, Section, as_json, gather
from services.intake.data_request_elsewhere import held_elsewhere
from services.intake.data_request_rules import Kind, State
from services.intake.data_request_tables import DataRequest
from services.intake.data_request_words import SHOWN
from services.intake.data_requests import note_step, read_request
from services.intake.journal_kinds import Kind as Done
from services.intake.journal_kinds import Thing
from services.intake.tables import Person
from services.intake.web import DPO, keys_of
from services.intake.web_referrals import network_of
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages()


@dataclass(frozen=True)
class Dossier:
    """Everything held about the person of a request, at an instant; `away` are the services that did not answer.

    `consents` is the record of her agreements in its standard form (ISO/IEC TS 27560), for the JSON.
    """

    row: DataRequest
    sections: list[Section]
    away: list[str]
    made_at: datetime
    consents: dict[str, Any]


async def _dossier(request: Request, viewer: Viewer, ref: UUID, kind: Done) -> Dossier:
    service = service_of(request)
    network = await network_of(request)
    async with decision_of(viewer, service) as work:
        row = await read_request(viewer, work, ref)
        if row.kind != Kind.ACCESS:
            raise NotFound
        if not is_open(row):
            raise DataRequestOver(state_label=State(row.state).label)
        note_step(work, row, "exported" if kind is Done.EXPORTED else "read")
        await journal.record(
            work, viewer, kind, object=Thing.PERSON, ref=row.person, person=row.person,
            organisation=row.organisation, reason="access_request",
        )  # fmt: skip
        await work.session.flush()
        sections = await gather(row.person, work, keys_of(request), network)
        person = await work.session.get(Person, row.person)
        consents = await consent_record(person, work, keys_of(request)) if person is not None else {}
        at = work.now
    elsewhere, away = await held_elsewhere(service, sections, network)
    return Dossier(row, [*sections, *elsewhere], away, at, consents)


@pages.get("/demandes/{ref}/dossier", DPO)
async def dossier(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Everything held, to read and to print. Refusals: NotFound, DataRequestOver."""
    found = await _dossier(request, viewer, ref, Done.READ_FILE)
    response: Response = request.app.state.pages.render(
        request,
        "data_dossier.html",
        viewer=viewer,
        ref=ref,
        sections=[(one.title, [_said(row) for row in one.rows]) for one in found.sections if one.rows],
        nothing=[one.title for one in found.sections if not one.rows],
        away=found.away,
        made_at=found.made_at,
        months=service_of(request).settings.retention_months,
    )
    response.headers["cache-control"] = "no-store"
    return response


def _said(row: list[Held]) -> list[tuple[str, str]]:
    """What a page says of a row, each thing once; bare references and what is of the machine are in the JSON."""
    return list(dict.fromkeys((one.label, one.text) for one in row if one.text and one.column in SHOWN))


@pages.get("/demandes/{ref}/dossier.json", DPO)
async def dossier_as_json(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The same, for a machine; the file's name says nothing of the person. Refusals: NotFound, DataRequestOver."""
    found = await _dossier(request, viewer, ref, Done.EXPORTED)
    body = as_json(found.row.person, found.made_at, found.sections) | {
        "consent_records": found.consents,
        "unanswered": found.away,
    }
    return Response(
        json.dumps(body, ensure_ascii=False, indent=1),
        media_type="application/json",
        headers={
            "content-disposition": f'attachment; filename="relais-acces-{ref}.json"',
            "cache-control": "no-store",
        },
    )
