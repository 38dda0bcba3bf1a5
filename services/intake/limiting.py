"""A file whose person asked that nothing more be done with it: it is kept and read, and every change is refused.

Limitation is GDPR article 18, opposition article 21. `once` asks `refuse_limited` for every command about a person;
the disclosure rule asks `limited_among`, so that nothing leaves for a partner either. A consent can still be
withdrawn, and a referral recalled: both only end things.
"""

from collections.abc import Iterable
from uuid import UUID

from contracts.facts import ConsentWithdrawn
from contracts.refusals import FileLimited
from contracts.viewer import Role
from contracts.vocabulary import ErasureCause
from services.intake.data_request_rules import Kind
from services.intake.data_request_tables import DataRequest, PersonLimit
from services.intake.erasure_requests import request_erasure
from services.intake.united_files import files_of
from services.runtime.database import Work

_LIMITED = "SELECT person FROM personlimit WHERE person = ANY(cast(:people AS uuid[]))"
_LIMIT = """
INSERT INTO personlimit (person, organisation, kind, request, since)
VALUES (:person, :organisation, :kind, :request, :now) ON CONFLICT (person) DO NOTHING
"""
# Of all the files that the same request limited, be they one person's no more.
_LIFT = """
DELETE FROM personlimit l USING personlimit o
WHERE o.person = :person AND l.request = o.request RETURNING l.organisation
"""
_GRANTS = """
SELECT g.ref, g.epoch, g.desk, g.desk_name, g.organisation, g.categories FROM consentgrant g
WHERE g.person = :person AND g.withdrawn_at IS NULL ORDER BY g.ref FOR UPDATE
"""
_RESTING = """
UPDATE handover SET readable_until = least(readable_until, :now)
WHERE "grant" = :grant AND step IN ('sending', 'sent') RETURNING ref
"""
_EVENT = """
INSERT INTO consentevent (ref, person, organisation, "grant", kind, desk, desk_name, details, actor, at)
VALUES (gen_random_uuid(), :person, :organisation, :grant, 'withdrawn', :desk, :desk_name,
    jsonb_build_object('epoch', cast(:epoch AS text), 'decided', cast(:reason AS text)), :actor, :now)
"""
_NOBODY = UUID(int=0)
_END = "UPDATE consentgrant SET withdrawn_at = coalesce(withdrawn_at, :now), epoch = epoch + 1 WHERE ref = :grant"


async def limited_among(work: Work, people: Iterable[UUID]) -> frozenset[UUID]:
    """Those of these people whose file is limited or opposed."""
    asked = list(set(people))
    if not asked:
        return frozenset()
    return frozenset((await work.execute(_LIMITED, people=asked)).scalars())


async def refuse_limited(work: Work, person: UUID) -> None:
    """Refusal: FileLimited."""
    if await limited_among(work, [person]):
        raise FileLimited


async def limit_of(work: Work, person: UUID) -> PersonLimit | None:
    """The limit on a person's file, or None."""
    return await work.session.get(PersonLimit, person)


async def limit_person(row: DataRequest, work: Work) -> None:
    """From this transaction on, the file is kept and nothing else, and every other file of hers. Runs as the worker,
    decided by the DPO.
    """
    for file in await files_of(work, row.person):
        await work.execute(
            _LIMIT, person=file, organisation=row.organisation, kind=row.kind, request=row.ref, now=work.now
        )
    work.hint(f"organisation.{row.organisation}")


async def lift_limit(person: UUID, work: Work) -> bool:
    """The file is as any other again; False when it was not limited. What an opposition ended stays ended."""
    organisation = next(iter((await work.execute(_LIFT, person=person)).scalars()), None)
    if organisation is None:
        return False
    work.hint(f"organisation.{organisation}")
    return True


async def oppose(row: DataRequest, work: Work) -> int:
    """End every agreement and every hand-over of the person, and limit her file; how many agreements ended."""
    files = await files_of(work, row.person)
    ended = [await end_agreements(file, work, reason=Kind.OPPOSITION.value) for file in files]
    await limit_person(row, work)
    return sum(ended)


async def end_agreements(person: UUID, work: Work, *, reason: str) -> int:
    """Withdraw every live grant by decision of the DPO, with the referrals that rest on it; how many.

    Reading stops with this transaction, the referral service ends what is open, and whoever read something is asked to
    erase it (GDPR article 19); not by the clock of retention, which nobody decides.
    """
    grants = (await work.execute(_GRANTS, person=person)).all()
    for grant in grants:
        refs = tuple((await work.execute(_RESTING, grant=grant.ref, now=work.now)).scalars())
        await work.execute(_END, grant=grant.ref, now=work.now)
        if work.viewer is not None:
            await request_erasure(
                work,
                work.viewer,
                grant.ref,
                reason=ErasureCause.WITHDRAWAL,
                handovers=refs,
                categories=grant.categories,
            )
        await work.execute(
            _EVENT,
            person=person,
            organisation=grant.organisation,
            grant=grant.ref,
            desk=grant.desk,
            desk_name=grant.desk_name,
            epoch=str(grant.epoch + 1),
            reason=reason,
            actor=work.viewer.account if work.viewer else _NOBODY,
            now=work.now,
        )
        fact = ConsentWithdrawn(ref=grant.ref, referrals=refs, epoch=grant.epoch + 1, at=work.now)
        work.emit(fact, actor_kind=Role.DPO.value)
        work.hint(f"desk.{grant.desk}")
    return len(grants)
