"""Making a referral: one hand-written statement, refused when the person's agreement ended before it came.

With `redirect_of` the parent is redirected in the same transaction; the child keeps its root.
"""

from datetime import timedelta

from contracts.asks import SendReferral
from contracts.facts import ReferralSent
from contracts.lifecycle import State
from contracts.refusals import DateInTheFuture, GrantWithdrawn, NotFound, RoleNotAllowed
from contracts.replies import ReferralState
from contracts.viewer import Role
from services.referral import domain, store
from services.referral.desk_terms import Terms, terms_for
from services.referral.durations_rows import note_sent
from services.referral.handlers import state_of
from services.referral.life import Life, Moment, awaiting
from services.referral.redirecting import confirm_redirect
from services.referral.tables import Referral
from services.runtime.database import Work

# Two machines' clocks may differ: what intake committed must not be refused for being a little ahead of ours.
CLOCK_SKEW = timedelta(minutes=5)
# A withdrawal that comes while the referral is being made waits for it, or makes it wait: one sees the other.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(cast(:ref AS text), 0))"
_NOT_GIVEN = frozenset({"territory", "recorded_at"})
_COLUMNS = ", ".join(f'"{name}"' for name in Referral.model_fields if name not in _NOT_GIVEN)
_INSERT = f"""
WITH early AS (
    SELECT ref FROM referral.withdrawnearly WHERE ref = cast(:ref AS uuid)
), made AS (
    INSERT INTO referral.referral ({_COLUMNS})
    SELECT {_COLUMNS} FROM jsonb_populate_record(NULL::referral.referral, cast(:row AS jsonb))
    WHERE NOT EXISTS (SELECT FROM early)
    ON CONFLICT (ref) DO NOTHING
    RETURNING ref, sender_organisation, organisation, desk, sent_at, acknowledge_due
), first_episode AS (
    INSERT INTO referral.episode (referral, number, sender_organisation, organisation, desk, sent_at, acknowledge_due)
    SELECT ref, 1, sender_organisation, organisation, desk, sent_at, acknowledge_due FROM made
), settled AS (
    UPDATE referral.task t SET done_at = cast(:now AS timestamptz)
    FROM referral.referral r
    WHERE EXISTS (SELECT FROM made) AND t.done_at IS NULL
        AND t.kind IN ('expired', 'declined', 'unreachable', 'desk_left', 'right_to_renew')
        AND t.referral = r.ref AND r.person = cast(:person AS uuid) AND r."right" = :right
        AND r.sender_organisation = cast(:sender_organisation AS uuid)
)
SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM early)
"""


async def send_referral(ask: SendReferral, work: Work) -> ReferralState:
    """Make the referral, or answer its state when it is there.

    A new one settles the sender's open tasks about the same person and right (expired, declined, unreachable).
    `sent_at` enters history: all instants count from it. Refusals: RoleNotAllowed, GrantWithdrawn, DateInTheFuture,
    NotFound (another's reference or parent), ReferralAlreadyAnswered, NoRedirectProposed, TooManyRedirects,
    RedirectLoop.
    """
    if not ask.viewer.has(Role.REFERENT):
        raise RoleNotAllowed()
    if ask.sent_at is not None and ask.sent_at > work.now + CLOCK_SKEW:
        raise DateInTheFuture(field="sent_at")
    await work.execute(LOCK, ref=str(ask.ref))
    parent = await store.find(ask.viewer, ask.redirect_of, work, lock=True) if ask.redirect_of else None
    terms = await terms_for(ask.desk, work)
    row = _row(ask, work, parent, terms)
    made, withdrawn = await _insert(row, work)
    if not made:
        return await _as_it_is(ask, work, withdrawn=withdrawn)
    if parent is not None:
        await _redirect(parent, ask, work)
    life = store.life_of(row)
    moment = Moment(now=row.sent_at, actor=ask.viewer.account, **terms.at(row.sent_at))
    decision = domain.sent(life, moment, mode=ask.mode, redirected_from=ask.redirect_of)
    fact = decision.facts[0]
    assert isinstance(fact, ReferralSent)
    work.emit(fact, actor_kind=Role.REFERENT.value, at=row.sent_at)
    await note_sent(fact, work)
    store.hint(life, work)
    return state_of(life)


def _row(ask: SendReferral, work: Work, parent: Referral | None, terms: Terms) -> Referral:
    at = min(ask.sent_at or work.now, work.now)
    promised = awaiting(at, Moment(at, **terms.at(at)), urgent=ask.urgent)
    given = ask.model_dump(include={
        "ref", "person", "right", "mode", "urgent", "accompanied", "organisation", "desk", "contact", "assignee",
    })
    return Referral(
        **given, sender_organisation=ask.viewer.organisation, sender=ask.viewer.account, state=State.SENT.value,
        root=parent.root if parent else ask.ref, parent=parent.ref if parent else None,
        hops=parent.hops + 1 if parent else 0, been_at=[*parent.been_at, parent.desk] if parent else [],
        sent_at=at, root_sent_at=parent.root_sent_at if parent else at,
        episode_sent_at=at, **promised, next_due=promised["acknowledge_due"],
    )


async def _insert(row: Referral, work: Work) -> tuple[bool, bool]:
    """Whether the row was made, and whether its agreement had ended."""
    made, withdrawn = (await work.execute(
        _INSERT, ref=str(row.ref), row=row.model_dump_json(exclude=set(_NOT_GIVEN)), now=work.now,
        person=str(row.person), right=row.right, sender_organisation=str(row.sender_organisation),
    )).one()
    return bool(made), bool(withdrawn)


async def _as_it_is(ask: SendReferral, work: Work, *, withdrawn: bool) -> ReferralState:
    """The same command again; a reference that is somebody else's answers as an unknown one."""
    try:
        row = await store.find(ask.viewer, ask.ref, work)
    except NotFound:
        if withdrawn:
            raise GrantWithdrawn() from None
        raise
    if row.sender_organisation != ask.viewer.organisation:
        raise NotFound()
    return state_of(store.life_of(row))


async def _redirect(parent: Referral, ask: SendReferral, work: Work) -> None:
    life: Life = store.life_of(parent)
    moment = Moment(now=work.now, actor=ask.viewer.account, parties=domain.parties(ask.viewer, life))
    decision = confirm_redirect(life, ask.ref, ask.desk, moment)
    await store.save(life, decision, work, actor_kind=Role.REFERENT.value)
