"""The page of one agreement (what it covers, its history, what can be done with it), and the whole record as a file."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.viewer import Viewer
from contracts.vocabulary import Representation
from services.intake import caseload, journal, store
from services.intake.caseload_gate import PersonPages
from services.intake.consent_record import consent_record, history
from services.intake.consent_state import GrantState, state_of
from services.intake.consent_store import events_of_grant, grant_of_person
from services.intake.journal_kinds import Kind, Thing
from services.intake.tables import ConsentEvent, ConsentGrant, Person
from services.intake.web import REFERENTS, keys_of
from services.intake.web_file import file_context
from services.intake.web_referrals import names_of
from services.runtime.web.guard import Asking, service_of

pages = PersonPages()


@dataclass(frozen=True)
class Opened:
    """One agreement as its pages show it. `file` is the one that is kept of her; `person` is she as the agreement's own
    file names her.
    """

    row: ConsentGrant
    file: UUID
    person: Person
    shown: dict[str, Any]
    title: str
    short: str
    events: list[ConsentEvent]
    state: GrantState
    referrals: list[dict[str, Any]]

    def context(self) -> dict[str, Any]:
        """What every page of it starts with."""
        proxy = Representation(self.row.with_proxy).label if self.row.with_proxy else None
        return {
            "ref": self.file,
            "title": self.title,
            "short": self.short,
            "grant": self.shown,
            "standing": self.state.standing,
            "receipt_at": self.state.receipt_at,
            "proxy": proxy,
            "represented_until": self.row.represented_until,
            "here": f"/personnes/{self.file}/accords/{self.row.ref}",
        }


async def open_grant(request: Request, viewer: Viewer, ref: UUID, grant: UUID) -> Opened:
    """Read one agreement of that person. Refusals: NotFound, ReasonNeeded."""
    async with service_of(request).database.web(viewer) as work:
        row = await grant_of_person(viewer, work, ref, grant)
        await caseload.open_person(viewer, work, ref, asks=request.method == "GET")
        file = await store.person_file(viewer, work, ref)
        found = file_context(file, viewer, work, keys_of(request))
        events = await events_of_grant(viewer, work, grant)
        now = work.now
    shown = next(one for one in found["live"] + found["ended"] if one["ref"] == grant)
    resting = {f"/orientations/{one.ref}" for one in file.handovers if one.grant == grant}
    referrals = [one for one in found["referrals"] if one["href"] in resting]
    person, state = file.merged.get(row.person, file.person), state_of(events, now)
    return Opened(row, ref, person, shown, found["title"], found["short"], events, state, referrals)


@pages.get("/personnes/{ref}/accords/{grant}", REFERENTS)
async def grant_page(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """What one agreement covers, and everything that happened to it."""
    opened = await open_grant(request, viewer, ref, grant)
    told = history(opened.events, keys_of(request), await names_of(request))
    response: Response = request.app.state.pages.render(
        request, "consent_page.html", viewer=viewer, events=told, referrals=opened.referrals, **opened.context()
    )
    return response


@pages.get("/personnes/{ref}/accords.json", REFERENTS)
async def record_file(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Everything that the person was asked and answered, in the shape of ISO/IEC TS 27560, as a file to give to her."""
    async with service_of(request).database.web(viewer) as work:
        person = await caseload.open_person(viewer, work, ref)
        record = await consent_record(person, work, keys_of(request))
        await journal.record(work, viewer, Kind.EXPORTED, object=Thing.GRANT, person=person.ref)
    name = f"accords-{str(ref)[:8]}.json"
    return Response(
        json.dumps(record, ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
