"""The JSON interface of referents' own software: hand a person over, follow it, list one's people by file number."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Header
from fastapi import Request as HttpRequest
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col, select
from starlette.responses import JSONResponse, Response

from contracts.dossier import NEED_SUMMARY_LENGTH
from contracts.refusals import InvalidInput
from contracts.vocabulary import HandoverMode, Purpose
from services.intake import journal
from services.intake.caseload_gate import PersonPages, say_in_call
from services.intake.handover import ACCOMPANIMENT_LENGTH, HandOver, hand_over
from services.intake.journal_kinds import Kind, Reason
from services.intake.tables import Person
from services.intake.web import REFERENTS, keys_of
from services.intake.web_referrals import open_handover
from services.runtime.web.guard import Asking, service_of

pages = PersonPages(tags=["referent"])
MOST_PEOPLE = 200


class NewReferral(BaseModel):
    """A hand-over. `command_id`, or the header `Idempotency-Key` (a UUID), makes a repetition harmless.

    A text that speaks of health or of somebody else is refused (`free-text-to-confirm`, with the places in it) until
    `confirmed` says that somebody looked at it again and that it is necessary. A person whom a colleague follows is
    handed over once one has said why (`reason-needed`): `caseload_reason`, kept in the journal, holds for four hours.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    person: UUID
    right: str = Field(max_length=40)
    desk: UUID
    contact: UUID
    mode: HandoverMode = HandoverMode.DOSSIER_TRANSMIS
    purpose: Purpose = Purpose.OPEN_RIGHT
    message: str = Field("", max_length=4 * NEED_SUMMARY_LENGTH)
    accompanied_by: str = Field("", max_length=4 * ACCOMPANIMENT_LENGTH)
    urgent: bool = False
    redirect_of: UUID | None = None
    confirmed: bool = False
    caseload_reason: Reason | None = None
    command_id: UUID | None = None


class ReferralAccepted(BaseModel):
    """`state` is the referral's, or `sending` while the referral service is away: it will be sent."""

    ref: UUID
    state: str


class ReferralRead(BaseModel):
    """A hand-over of one's organisation as intake knows it; nothing of the person."""

    ref: UUID
    person: UUID
    right: str
    desk: UUID
    contact: UUID
    mode: str
    urgent: bool
    step: str
    state: str
    turn: str | None
    version: int
    episode: int
    outcome: str | None
    refusal: str | None
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    viewed_at: datetime | None
    next_due: datetime | None
    readable_until: datetime | None


class PersonListed(BaseModel):
    """A person by reference and file number; no name leaves by this interface."""

    ref: UUID
    file_number: str


class PeopleListed(BaseModel):
    """`next` is the reference to give as `after` for the following page, or None on the last."""

    people: list[PersonListed]
    next: UUID | None


@pages.post(
    "/api/referrals",
    REFERENTS,
    status_code=201,
    responses={201: {"model": ReferralAccepted}, 202: {"model": ReferralAccepted}},
)
async def send_referral(
    request: HttpRequest, viewer: Asking, body: NewReferral, idempotency_key: Annotated[str | None, Header()] = None
) -> Response:
    """Hand a person over: 201 once the referral service has it, 202 while it is away."""
    given = body.model_dump(exclude={"command_id", "confirmed", "caseload_reason"})
    if body.caseload_reason is not None:
        await say_in_call(request, viewer, body.person, body.caseload_reason)
    kept = frozenset({"message", "accompanied_by"}) if body.confirmed else frozenset()
    command = HandOver(command_id=_command_id(body, idempotency_key), confirmed=kept, **given)
    done = await hand_over(command, viewer, service_of(request), keys_of(request))
    state = done.state.state.value if done.state else done.step
    return JSONResponse({"ref": str(done.ref), "state": state}, 202 if done.step == "sending" else 201)


def _command_id(body: NewReferral, header: str | None) -> UUID:
    if header is None:
        return body.command_id or uuid4()
    try:
        return UUID(header)
    except ValueError as error:
        raise InvalidInput(field="Idempotency-Key", reason="L’en-tête Idempotency-Key doit être un UUID.") from error


@pages.get("/api/referrals/{ref}", REFERENTS, responses={200: {"model": ReferralRead}})
async def read_referral(
    request: HttpRequest, viewer: Asking, ref: UUID, caseload_reason: Annotated[Reason | None, Header()] = None
) -> Response:
    """Where a hand-over of one's organisation stands.

    One of a person whom a colleague follows opens once one has said why (`reason-needed`): the header
    `Caseload-Reason`, kept in the journal, holds for four hours.
    """
    row, _ = await open_handover(request, viewer, ref)
    return JSONResponse(ReferralRead.model_validate(row, from_attributes=True).model_dump(mode="json"))


@pages.get("/api/people", REFERENTS, responses={200: {"model": PeopleListed}})
async def list_people(request: HttpRequest, viewer: Asking, after: UUID | None = None) -> Response:
    """The people of one's organisation by file number, at most 200 at a time, in the order of their references."""
    async with service_of(request).database.web(viewer) as work:
        query = select(Person.ref, Person.file_number).where(
            Person.organisation == viewer.organisation, col(Person.merged_into).is_(None)
        )
        query = query.where(col(Person.ref) > after) if after else query
        rows = (await work.session.exec(query.order_by(col(Person.ref)).limit(MOST_PEOPLE + 1))).all()
        page = [PersonListed(ref=ref, file_number=number) for ref, number in rows[:MOST_PEOPLE]]
        await journal.record_list(work, viewer, Kind.LISTED, [one.ref for one in page])
    more = page[-1].ref if len(rows) > MOST_PEOPLE else None
    return JSONResponse(PeopleListed(people=page, next=more).model_dump(mode="json"))
