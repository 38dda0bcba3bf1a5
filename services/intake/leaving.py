"""What a departure does to people: a colleague goes on with those whom a referent followed; where an organisation left,
nothing of anybody is readable there any more, and agreements to share with it end.

The person's own file stays with the organisation that met her: no other one receives it without asking her.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.asks import CountCases
from contracts.envelope import Fact
from contracts.facts import MemberLeft, OrganisationLeft
from contracts.lifecycle import OPEN
from contracts.refusals import RoleNotAllowed
from contracts.replies import CasesCounted
from contracts.viewer import Role
from services.intake.consent_state import EventDetails, EventKind
from services.intake.erasure_departures import ask_who_left
from services.intake.handover_store import READABLE_STEPS, UNSENT
from services.runtime.database import Work
from services.runtime.inbox import Reaction
from services.runtime.process import Service

_PEOPLE_ON = "UPDATE intake.person SET referent = :heir WHERE referent = :account AND organisation = :organisation"
_HANDOVERS_ON = """
UPDATE intake.handover SET referent = :heir
WHERE referent = :account AND organisation = :organisation AND step <> 'abandoned'
"""
_TOUCHING = "(recipient_organisation = :gone OR organisation = :gone)"
_UNREADABLE = f"""
UPDATE intake.handover SET readable_until = least(readable_until, cast(:at AS timestamptz)), moved_at = :at
WHERE {_TOUCHING} AND step = ANY(:steps) AND (readable_until IS NULL OR readable_until > :at)
RETURNING organisation
"""
# What is on its way is stopped; a referral that was made all the same comes back as recalled, by its own fact.
_STOPPED = """
UPDATE intake.handover SET step = 'refused', refusal = 'desk-closed', moved_at = :at
WHERE recipient_organisation = :gone AND step = 'sending' RETURNING organisation
"""
_ENDED = f"""
UPDATE intake.consentgrant SET expires_at = :at, epoch = epoch + 1
WHERE {_TOUCHING} AND withdrawn_at IS NULL AND expires_at > :at
RETURNING ref, person, organisation, desk, desk_name || ', ' || recipient_organisation_name AS desk_name, epoch
"""
_TOLD = """
INSERT INTO intake.consentevent (ref, person, organisation, "grant", kind, desk, desk_name, details, at)
VALUES (gen_random_uuid(), :person, :organisation, :grant, :kind, :desk, :desk_name, cast(:details AS jsonb), :at)
"""
_COUNT = """
SELECT
    (SELECT count(*) FROM intake.person p WHERE p.organisation = :organisation AND p.merged_into IS NULL {person})
        AS people,
    count(*) FILTER (WHERE h.step = ANY(:sent) AND h.state = ANY(:open)) AS open_referrals,
    count(*) FILTER (WHERE h.step = ANY(:unsent)) AS drafts
FROM intake.handover h WHERE h.organisation = :organisation {handover}
"""


async def follow_on(fact: MemberLeft, work: Work) -> None:
    """Her people and her hand-overs are her heir's; what was written before keeps the name of who wrote it."""
    if fact.heir is None:
        return
    who = {"account": fact.ref, "heir": fact.heir, "organisation": fact.organisation}
    await work.execute(_PEOPLE_ON, **who)
    await work.execute(_HANDOVERS_ON, **who)
    work.hint(f"organisation.{fact.organisation}")


async def end_reading_at(fact: OrganisationLeft, work: Work) -> None:
    """Nothing that was handed over to or by an organisation that left is readable at a desk from that instant on; what
    it had read, it is asked to erase.
    """
    given: dict[str, Any] = {"gone": fact.ref, "at": fact.at}
    moved = {row.organisation for row in await work.execute(_UNREADABLE, steps=list(READABLE_STEPS), **given)}
    moved |= {row.organisation for row in await work.execute(_STOPPED, **given)}
    await _end_agreements(fact.ref, fact.at, work)
    await ask_who_left(fact.ref, work)
    for organisation in moved:
        work.hint(f"organisation.{organisation}")


async def count_cases(ask: CountCases, work: Work) -> CasesCounted:
    """Numbers for whoever prepares a departure. Refusal: RoleNotAllowed."""
    if not ask.viewer.has(Role.ADMINISTRATOR) and ask.viewer.organisation != ask.organisation:
        raise RoleNotAllowed
    hers = {"person": "AND p.referent = :account", "handover": "AND h.referent = :account"}
    one = ask.account is not None
    row = (
        await work.execute(
            _COUNT.format(**(hers if one else dict.fromkeys(hers, ""))),
            organisation=ask.organisation,
            sent=list(READABLE_STEPS),
            unsent=list(UNSENT),
            open=["draft", *(state.value for state in OPEN)],
            **({"account": ask.account} if one else {}),
        )
    ).one()
    return CasesCounted(people=row.people, open_referrals=row.open_referrals, drafts=row.drafts)


async def _end_agreements(gone: UUID, at: datetime, work: Work) -> None:
    """They end on that day as if it had been agreed: the person took nothing back, and nobody may use them."""
    for row in (await work.execute(_ENDED, gone=gone, at=at)).all():
        said = EventDetails(expires_at=at, epoch=row.epoch)
        await work.execute(
            _TOLD,
            person=row.person,
            organisation=row.organisation,
            grant=row.ref,
            kind=EventKind.NARROWED.value,
            desk=row.desk,
            desk_name=row.desk_name,
            details=said.model_dump_json(exclude_none=True),
            at=at,
        )


def answers(service: Service) -> dict[Any, Any]:
    """The one question about numbers, answered under the worker's role: whoever asks it may read nobody."""

    async def counted(ask: CountCases) -> CasesCounted:
        async with service.database.worker() as work:
            return await count_cases(ask, work)

    return {CountCases: counted}


REACTIONS: dict[type[Fact], Reaction] = {MemberLeft: follow_on, OrganisationLeft: end_reading_at}
