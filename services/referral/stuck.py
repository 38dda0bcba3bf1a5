"""What is stuck at a desk, and what the coordination can do about it from where it stands: the list, and what is asked
of a desk's managers. Coded, and never a name of a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from contracts.facts import ReferralManagerAsked
from contracts.lifecycle import OPEN, State
from contracts.refusals import ManagerAskedAlready, ReferralAlreadyAnswered, RoleNotAllowed
from contracts.replies import AudienceFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import ManagerAsk, Word
from services.referral import store
from services.referral.business_time import PARIS
from services.referral.ladder_tables import ManagerAsked
from services.runtime.database import Work

ONCE_A = timedelta(days=7)
QUIET, ENDED_LATELY = timedelta(days=30), timedelta(days=90)
MOST = 60


class Matter(Word):
    """Why a referral stands here."""

    UNANSWERED = "unanswered", "Sans réponse du guichet"
    NOT_CONTACTED = "not_contacted", "Personne toujours pas jointe"
    QUIET = "quiet", "Rien n’a bougé depuis un mois"
    DECLINED = "declined", "Déclinée, sans suite"
    EXPIRED = "expired", "Close sans réponse, sans suite"


@dataclass(frozen=True)
class StuckReferral:
    """One row: since when, and what was told to whom (`told`: step, instant, how many heard it) or asked by hand."""

    ref: UUID
    desk: UUID
    organisation: UUID
    right: str
    matter: Matter
    since: datetime
    urgent: bool
    told: tuple[tuple[str, datetime, int], ...]
    asked: tuple[tuple[ManagerAsk, datetime], ...]
    contested: bool

    def may_ask(self, now: datetime) -> bool:
        """Whether its managers may be asked again: once a week."""
        last = max((at for _, at in self.asked), default=None)
        return self.matter not in (Matter.DECLINED, Matter.EXPIRED) and (last is None or now - last >= ONCE_A)


# Each kind by an index of its own, the longest first. What has a sequel elsewhere (a new sending of the same right for
# the same person) is not stuck.
_MATTERS = (
    ("'unanswered'", "acknowledge_due", "state = 'sent' AND acknowledge_due < :now"),
    (
        "'not_contacted'", "contact_due",
        "state IN ('acknowledged', 'in_progress') AND first_contact_at IS NULL AND contact_due < :now",
    ),
    (
        "'quiet'", "recorded_at", "state IN ('acknowledged', 'in_progress') AND first_contact_at IS NOT NULL"
        " AND next_due IS NOT NULL AND recorded_at < :quiet",
    ),
    *(
        (f"'{state}'", "ended_at", f"""state = '{state}' AND ended_at >= :ended AND NOT EXISTS (
            SELECT FROM referral n WHERE n.person = r.person AND n."right" = r."right" AND n.sent_at > r.ended_at)""")
        for state in ("declined", "expired")
    ),
)  # fmt: skip
_EACH = " UNION ALL ".join(
    f"(SELECT r.*, {matter} AS matter, {since} AS since FROM referral r WHERE {where} ORDER BY {since} LIMIT :most)"
    for matter, since, where in _MATTERS
)
_STUCK = f"""
WITH stuck AS ({_EACH})
SELECT ref, desk, organisation, "right", urgent, matter, since,
    decline_contested_episode IS NOT DISTINCT FROM episode AS contested,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(step, at, told) ORDER BY at), '[]') FROM remindergiven g
        WHERE g.referral = stuck.ref AND g.told > 0 AND g.at >= stuck.awaiting_since) AS told,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(what, at) ORDER BY at), '[]') FROM managerasked m
        WHERE m.referral = stuck.ref AND m.at >= stuck.awaiting_since) AS asked
FROM stuck ORDER BY since LIMIT :most
"""


async def list_stuck(viewer: Viewer, work: Work) -> list[StuckReferral]:
    """What waits beyond its due instant, or ended without an answer and without a sequel; the longest first, at most
    one more than a page shows.

    Refusal: RoleNotAllowed for whoever is no coordinator.
    """
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    now = work.now
    rows = await work.execute(_STUCK, now=now, quiet=now - QUIET, ended=now - ENDED_LATELY, most=MOST + 1)
    return [
        StuckReferral(
            row.ref, row.desk, row.organisation, row.right, Matter(row.matter), row.since, row.urgent,
            tuple((step, datetime.fromisoformat(at), told) for step, at, told in row.told),
            tuple((ManagerAsk(what), datetime.fromisoformat(at)) for what, at in row.asked), row.contested,
        )
        for row in rows
    ]  # fmt: skip


async def ask_managers(
    viewer: Viewer, work: Work, command: UUID, ref: UUID, what: ManagerAsk, behind: AudienceFound
) -> None:
    """Ask the managers of the desk that has it now; once a week for each referral. It moves no clock.

    Refusals: RoleNotAllowed, NotFound, ReferralAlreadyAnswered (nothing is awaited of the desk), ManagerAskedAlready.
    """
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    row = await store.find(viewer, ref, work, lock=True)
    if await work.recall_command(command) is not None:
        return
    if State(row.state) not in OPEN:
        raise ReferralAlreadyAnswered(state_label=State(row.state).label)
    last = latest(await store.asked_of(ref, work))
    if last is not None and work.now - last < ONCE_A:
        raise ManagerAskedAlready(day=f"{last.astimezone(PARIS):%d/%m/%Y}")
    work.session.add(
        ManagerAsked(
            ref=uuid4(),
            referral=ref,
            desk=row.desk,
            sender_organisation=row.sender_organisation,
            what=what.value,
            asked_by=viewer.account,
            at=work.now,
        )
    )
    fact = ReferralManagerAsked(
        ref=ref, what=what, desk=row.desk, managers=behind.managers, episode=row.episode, at=work.now
    )
    work.emit(fact, actor_kind=Role.COORDINATOR.value)
    await work.remember_command(command, {"ref": str(ref)})
    store.hint(row, work)


def latest(asked: Iterable[ManagerAsked]) -> datetime | None:
    """When the managers were last asked."""
    return max((one.at for one in asked), default=None)
