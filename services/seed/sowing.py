"""Plays a plan through the handlers of each service, with past instants; the facts leave by the outbox as always.

A batch is one transaction of intake for each referent’s organisation, then one of referral for the whole lives of its
referrals: so no clock meets a referral of long ago whose answer has not been written yet.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from contracts.actions import Action, AnswerInformation, ProposeRedirect, RecordCheck, RequestInformation
from contracts.asks import ActOnReferral, FollowUpReferral, SendReferral, WriteNote
from contracts.viewer import Viewer
from contracts.vocabulary import Purpose
from services.intake import handover_store
from services.intake.commands import AskedDesk, RecordConsent, RefuseConsent, ReviewRights, WithdrawConsent
from services.intake.consent_handlers import record_consent, refuse_consent, withdraw_consent
from services.intake.handlers import meet_person, review_rights
from services.intake.handover import HandOver, accept_texts, record_handover
from services.intake.notes import write_answer, write_question
from services.intake.person_keys import PersonKeys
from services.partners.demonstration import CONVENTION_STARTS
from services.referral import store as referral_store
from services.referral.domain import expire
from services.referral.handlers import act_on_referral
from services.referral.life import Moment
from services.referral.sending import send_referral
from services.runtime.database import Work
from services.runtime.process import Service
from services.seed.lives import COORDINATOR, DESK, Act
from services.seed.neighbours import add_neighbours
from services.seed.plans import ANSWERS, GRANTED, QUESTIONS, Case, Planner, Referral
from services.seed.territory import Territory, make_territory

BATCH = 20
AT_ONCE = 3
Progress = Callable[[int, int], None]


@dataclass
class SeedReport:
    """What was written."""

    people: int = 0
    referrals: int = 0
    acts: int = 0
    opinions: int = 0
    refused: int = 0
    withdrawn: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.people} personnes imaginaires, {self.referrals} orientations, {self.acts} gestes, "
            f"{self.opinions} réponses à des vérifications, {self.refused} refus de partage, "
            f"{self.withdrawn} accords retirés, en {self.seconds:.1f} s."
        )


class SownBefore(Exception):
    """The people of that draw are in the territory already: a second time they would stand in their own way."""


async def seed(
    services: Mapping[str, Service],
    *,
    people: int,
    months: int,
    rng_seed: int = 1,
    now: datetime,
    progress: Progress,
) -> SeedReport:
    """Fill the territory with that many people met over that many months before `now` (at most since the conventions).

    The same numbers give the same people and lives; only random references differ. Raises SownBefore where that draw
    is there already.
    """
    began = datetime.now(UTC)
    rng = Random(rng_seed)
    territory = await make_territory(services, now)
    starts = max(now - timedelta(days=30.5 * months), CONVENTION_STARTS + timedelta(days=1))
    cases = await Planner(rng, territory, now, starts).plan(people)
    async with services["intake"].database.worker() as work:
        if cases and await work.recall_command(cases[0].commands[0]) is not None:
            raise SownBefore
    sower = Sower(services, territory, now)
    at_once = asyncio.Semaphore(AT_ONCE)

    async def sow(batch: list[Case]) -> None:
        async with at_once:
            await sower.sow(batch)
        progress(sower.report.people, len(cases))

    await asyncio.gather(*(sow(batch) for batch in _batches(cases)))
    await add_neighbours(services["referral"], territory.coordinator, Random(f"{rng_seed} neighbours"), now)
    sower.report.seconds = (datetime.now(UTC) - began).total_seconds()
    return sower.report


def _batches(cases: list[Case]) -> Iterable[list[Case]]:
    by_organisation: dict[UUID, list[Case]] = {}
    for case in cases:
        by_organisation.setdefault(case.referent.organisation, []).append(case)
    for found in by_organisation.values():
        for start in range(0, len(found), BATCH):
            yield found[start : start + BATCH]


@dataclass
class Sower:
    """Writes batches of cases. In a batch all referents are of one organisation."""

    services: Mapping[str, Service]
    territory: Territory
    now: datetime
    report: SeedReport = field(default_factory=SeedReport)

    @property
    def keys(self) -> PersonKeys:
        """The keys that the intake service seals with."""
        app = self.services["intake"].app
        assert app is not None
        found: PersonKeys = app.state.person_keys
        return found

    async def sow(self, batch: list[Case]) -> None:
        """Intake first, then the referrals; what is withdrawn is withdrawn at the end."""
        async with self._at("intake", batch[0].referent) as work:
            for case in batch:
                await self._meet(case, work)
        # The sending organisation reaches its referrals at every desk; each command carries its own author.
        async with self._at("referral", batch[0].referent) as work:
            for case in batch:
                for referral in case.referrals:
                    await self._send(case, referral, work, None)
        async with self._at("intake", batch[0].referent) as work:
            for case in batch:
                await self._withdraw(case, work)

    @asynccontextmanager
    async def _at(self, service: str, viewer: Viewer) -> AsyncIterator[Work]:
        async with self.services[service].database.web(viewer, at=self.now) as work:
            yield work

    # --- intake -------------------------------------------------------------------------------------------------------

    async def _meet(self, case: Case, work: Work) -> None:
        work.viewer, work.now = case.referent, case.met_at
        person = await meet_person(
            case.person.meeting.model_copy(update={"command_id": case.commands[0]}), work, self.keys
        )
        self.report.people += 1
        if case.person.rights:
            work.now = case.met_at + timedelta(minutes=25)
            await review_rights(
                ReviewRights(command_id=case.commands[1], person=person, rights=case.person.rights), work
            )
        for desk in case.refused:
            self.report.refused += 1
            await refuse_consent(RefuseConsent(person=person, to=desk, purpose=Purpose.OPEN_RIGHT), work)
        for referral in case.referrals:
            await self._hand_over(case, referral, person, None, work)

    async def _hand_over(self, case: Case, referral: Referral, person: UUID, parent: UUID | None, work: Work) -> None:
        referral.person = person
        work.now = referral.sent_at - timedelta(minutes=3)
        await record_consent(_consent(referral, person, work.now), work)
        work.now = referral.sent_at
        command = HandOver(
            command_id=referral.command,
            person=person,
            right=referral.right,
            desk=referral.recipient.desk,
            contact=referral.recipient.contact,
            mode=referral.mode,
            urgent=referral.urgent,
            message=referral.message,
            accompanied_by=referral.accompanied_by,
            redirect_of=parent,
        )
        row = await record_handover(
            command, accept_texts(command), referral.recipient, case.person.scheme, work, case.referent, self.keys
        )
        referral.ref = row["ref"]
        referral.acts = [await self._with_note(case, referral, act, work) for act in referral.acts]
        if referral.child is not None and any(act.what == "redirect" for act in referral.acts):
            await self._hand_over(case, referral.child, person, referral.ref, work)

    async def _with_note(self, case: Case, referral: Referral, act: Act, work: Work) -> Act:
        """The act with the reference of its question or answer, whose text intake keeps."""
        assert referral.ref is not None
        work.now = act.at
        # A generator of its own: batches run side by side, and the same numbers still give the same words.
        rng = Random(referral.command.int)
        if isinstance(act.action, RequestInformation):
            asks = WriteNote(
                viewer=self._agent(referral), referral=referral.ref, kind="question", text=rng.choice(QUESTIONS)
            )
            note = (await write_question(asks, work, self.keys)).note
        elif isinstance(act.action, AnswerInformation):
            found = await handover_store.find_own(case.referent, work, referral.ref)
            assert found is not None
            command = UUID(int=rng.getrandbits(128), version=4)
            text = rng.choice(ANSWERS)
            note = await write_answer(command, found[0], text, work, case.referent, self.keys)
        else:
            return act
        return replace(act, action=act.action.model_copy(update={"note": note}))

    async def _withdraw(self, case: Case, work: Work) -> None:
        for referral in case.referrals:
            if referral.withdrawn_at is None or referral.ref is None:
                continue
            found = await handover_store.find_own(case.referent, work, referral.ref)
            if found is not None and found[0].grant is not None:
                work.viewer, work.now = case.referent, referral.withdrawn_at
                await withdraw_consent(WithdrawConsent(grant=found[0].grant), work)
                self.report.withdrawn += 1

    # --- referral -----------------------------------------------------------------------------------------------------

    async def _send(self, case: Case, referral: Referral, work: Work, parent: UUID | None) -> None:
        assert referral.ref is not None and referral.person is not None
        work.now = referral.sent_at
        to = referral.recipient
        ask = SendReferral(
            command_id=referral.command,
            viewer=case.referent,
            ref=referral.ref,
            person=referral.person,
            right=referral.right,
            mode=referral.mode,
            urgent=referral.urgent,
            accompanied=bool(referral.accompanied_by),
            organisation=to.organisation,
            desk=to.desk,
            contact=to.contact,
            assignee=to.assignee,
            redirect_of=parent,
        )
        await send_referral(ask, work)
        self.report.referrals += 1
        for act in referral.acts:
            await self._act(case, referral, act, work)

    async def _act(self, case: Case, referral: Referral, act: Act, work: Work) -> None:
        assert referral.ref is not None
        work.now = act.at
        self.report.acts += 1
        self.report.opinions += isinstance(act.action, RecordCheck)
        if act.what == "expire":
            row = await referral_store.find(self.territory.coordinator, referral.ref, work, lock=True)
            life = referral_store.life_of(row)
            await referral_store.save(life, expire(life, Moment(now=work.now)), work)
        elif act.what == "redirect":
            assert referral.child is not None
            referral.child.sent_at = act.at
            await self._send(case, referral.child, work, referral.ref)
        else:
            viewer = {DESK: self._agent(referral), COORDINATOR: self.territory.coordinator}.get(act.by, case.referent)
            await act_on_referral(_ask(viewer, referral, act), work)

    def _agent(self, referral: Referral) -> Viewer:
        return self.territory.everybody[referral.recipient.assignee]


def _ask(viewer: Viewer, referral: Referral, act: Act) -> ActOnReferral | FollowUpReferral:
    assert referral.ref is not None
    if isinstance(act.action, RecordCheck):
        return FollowUpReferral(viewer=viewer, ref=referral.ref, action=act.action)
    return ActOnReferral(viewer=viewer, ref=referral.ref, action=_action(referral, act))


def _action(referral: Referral, act: Act) -> Action:
    if act.what == "propose":
        assert referral.child is not None
        to = referral.child.recipient
        return ProposeRedirect(to_desk=to.desk, to_organisation=to.organisation)
    assert act.action is not None and not isinstance(act.action, RecordCheck)
    return act.action


def _consent(referral: Referral, person: UUID, at: datetime) -> RecordConsent:
    to = referral.recipient
    desk = AskedDesk(
        organisation=to.organisation,
        organisation_name=to.organisation_name,
        organisation_kind=to.organisation_kind,
        desk=to.desk,
        desk_name=to.desk_name,
    )
    return RecordConsent(
        person=person,
        to=desk,
        purpose=Purpose.OPEN_RIGHT,
        categories=referral.categories,
        rights=frozenset({referral.right}),
        expires_at=min(referral.granted_until, at + GRANTED),
        method=referral.method,
        read_back=True,
    )
