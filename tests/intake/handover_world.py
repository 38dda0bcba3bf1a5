"""Intake alone on a real PostgreSQL and a real nats-server; the directory and the referral service answer over the bus.

The two neighbours are small stand-ins that speak the contracts only: what they decide is set by each test.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import httpx
from sqlmodel import select

from contracts.asks import Disclose
from contracts.consent import Basis, Category
from contracts.facts import ReferralSent
from contracts.lifecycle import State
from contracts.replies import Disclosed, Recipient
from contracts.viewer import Role, Viewer
from contracts.vocabulary import HandoverMode, OrganisationKind, Purpose
from services.intake.handover import HandedOver, HandOver, hand_over
from services.intake.journal_tables import JournalEntry
from services.intake.person_keys import PersonKeys
from services.intake.tables import (
    ConsentGrant,
    Handover,
    Person,
    PresumedRight,
    SharingRoute,
    Situation,
)
from services.runtime.bus import Bus
from services.runtime.process import Service
from services.runtime.web.guard import COOKIE, session_hash
from tests.intake.handover_neighbours import Directory, Referrals, referral_bus

YEAR = timedelta(days=365)


def person_at_work(organisation: UUID, kind: OrganisationKind, *roles: Role, desks: tuple[UUID, ...] = ()) -> Viewer:
    return Viewer(
        account=uuid4(),
        display_name="Nadia Benali",
        organisation=organisation,
        organisation_name="Un organisme",
        organisation_kind=kind,
        desks=desks,
        roles=frozenset(roles),
        territory="valbrume",
    )


@dataclass
class Ready:
    """A person ready to be handed over: both locks open for one desk."""

    referent: Viewer
    agent: Viewer
    person: UUID
    grant: UUID
    recipient: Recipient

    def command(self, **other: object) -> HandOver:
        given = {
            "command_id": uuid4(),
            "person": self.person,
            "right": "rsa",
            "desk": self.recipient.desk,
            "contact": self.recipient.contact,
            "mode": HandoverMode.APPEL_A_TROIS,
            "message": "Elle préfère être appelée le matin.",
        }
        return HandOver.model_validate(given | other)


@dataclass
class World:
    service: Service
    keys: PersonKeys
    directory: Directory
    referrals: Referrals
    neighbours: dict[str, Bus]
    sessions: dict[str, Viewer]

    async def ready(
        self,
        *,
        sender: OrganisationKind = OrganisationKind.CCAS,
        routed: bool = True,
        granted: bool = True,
        categories: tuple[Category, ...] = (Category.IDENTITY_MIN, Category.CONTACT_PHONE, Category.NEED_SUMMARY),
        scheme: str = "general",
        **grant: object,
    ) -> Ready:
        """A person, her grant for one desk, the route and the convention; each can be left out."""
        now = datetime.now(UTC)
        recipient = Recipient(
            organisation=uuid4(),
            organisation_name="Caf de Valbrume",
            organisation_kind=OrganisationKind.CAF,
            desk=uuid4(),
            desk_name="Accès aux droits",
            contact=uuid4(),
            contact_name="Julie Perrin",
            assignee=uuid4(),
            assignee_name="Julie Perrin",
            convention=uuid4(),
            convention_starts=now - YEAR,
            convention_ends=now + YEAR,
        )
        self.directory.recipients[recipient.desk] = recipient
        referent = person_at_work(uuid4(), sender, Role.REFERENT)
        agent = person_at_work(recipient.organisation, OrganisationKind.CAF, Role.DESK_AGENT, desks=(recipient.desk,))
        person, given = uuid4(), uuid4()
        async with self.service.database.web(referent) as work:
            work.session.add(
                Person(
                    ref=person,
                    organisation=referent.organisation,
                    file_number="26-AAAAA",
                    civility="mme",
                    first_name="Amina",
                    last_name="Kaddour",
                    birth_date=date(1990, 5, 4),
                    search="amina kaddour",
                    scheme=scheme,
                    language="fr",
                    phone=self.keys.seal(person, "phone", "+33612345678"),
                    referent=referent.account,
                    created_at=now,
                    last_contact_at=now,
                )
            )
            await work.session.flush()
            work.session.add(
                Situation(person=person, organisation=referent.organisation, household="alone", updated_at=now)
            )
            work.session.add(
                PresumedRight(
                    person=person,
                    organisation=referent.organisation,
                    review=uuid4(),
                    right="rsa",
                    ground="resources",
                    identified_at=now,
                )
            )
            if granted:
                values = {
                    "ref": given,
                    "person": person,
                    "organisation": referent.organisation,
                    "recipient_organisation": recipient.organisation,
                    "recipient_organisation_name": recipient.organisation_name,
                    "recipient_kind": "caf",
                    "desk": recipient.desk,
                    "desk_name": recipient.desk_name,
                    "purpose": "open_right",
                    "categories": [one.value for one in categories],
                    "rights": ["rsa"],
                    "method": "oral_in_person",
                    "language": "fr",
                    "notice_version": "1",
                    "notice_hash": "0",
                    "asked_by": referent.account,
                    "given_at": now - timedelta(days=1),
                    "expires_at": now + timedelta(days=90),
                }
                work.session.add(ConsentGrant(**(values | grant)))
        if routed:
            await self.open_route(sender)
        return Ready(referent, agent, person, given, recipient)

    async def open_route(self, sender: OrganisationKind) -> None:
        async with self.service.database.worker() as work:
            found = await work.session.exec(select(SharingRoute).where(SharingRoute.sender_kind == sender.value))
            if found.first() is None:
                work.session.add(
                    SharingRoute(
                        sender_kind=sender.value,
                        recipient_kind="caf",
                        basis=Basis.PERSON_AGREEMENT.value,
                        purposes=[one.value for one in Purpose],
                        version=1,
                        valid_from=work.now - YEAR,
                    )
                )

    def browser(self, viewer: Viewer) -> httpx.AsyncClient:
        """A browser signed in as that viewer, which sends what a browser sends from our own pages."""
        self.sessions[session_hash(viewer.account.hex)] = viewer
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.service.app),
            base_url="http://relais.test",
            cookies={COOKIE: viewer.account.hex},
            headers={"sec-fetch-site": "same-origin"},
        )

    async def hand_over(self, ready: Ready, **other: object) -> HandedOver:
        return await hand_over(ready.command(**other), ready.referent, self.service, self.keys)

    async def row(self, ref: UUID) -> Handover:
        async with self.service.database.worker() as work:
            return (await work.session.exec(select(Handover).where(Handover.ref == ref))).one()

    async def change(self, ref: UUID, **values: object) -> None:
        assigned = ", ".join(f"{name} = :{name}" for name in values)
        async with self.service.database.worker() as work:
            await work.execute(f"UPDATE handover SET {assigned} WHERE ref = :ref", ref=ref, **values)

    async def disclose(
        self, viewer: Viewer, *refs: UUID, with_notes: bool = False, only: frozenset[Category] | None = None
    ) -> tuple[Disclosed, ...]:
        """As the desk's page asks it: over the bus."""
        ask = Disclose(viewer=viewer, referrals=refs, with_notes=with_notes, only=only)
        return (await self.neighbours["partners"].ask(ask)).rows

    async def journal(self, ref: UUID) -> list[JournalEntry]:
        async with self.service.database.worker() as work:
            query = select(JournalEntry).where(JournalEntry.handover == ref, JournalEntry.kind == "disclosed")
            query = query.order_by(JournalEntry.at)
            return list((await work.session.exec(query)).all())

    async def withdraw(self, ready: Ready) -> None:
        """The heart of a withdrawal: the same lock on the grant's row as a hand-over takes."""
        async with self.service.database.web(ready.referent) as work:
            await work.execute("SELECT 1 FROM consentgrant WHERE ref = :ref FOR UPDATE", ref=ready.grant)
            await work.execute(
                "UPDATE consentgrant SET withdrawn_at = clock_timestamp(), epoch = epoch + 1 WHERE ref = :ref",
                ref=ready.grant,
            )

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """The referral service does not answer."""
        bus, timeout = self.neighbours["referral"], self.service.bus.ask_timeout
        await bus.stop()
        self.service.bus.ask_timeout = 0.3
        try:
            yield
        finally:
            self.service.bus.ask_timeout = timeout
            again = await referral_bus(self.service.servers, self.referrals)
            self.neighbours["referral"] = again


def fact_of(
    ready: Ready, ref: UUID, kind: type = ReferralSent, version: int = 1, state: State = State.SENT, **other: object
):
    """A fact of that referral, as the referral service publishes it."""
    now = datetime.now(UTC)
    base = {
        "ref": ref,
        "version": version,
        "at": now,
        "state": state,
        "episode": 1,
        "sender_organisation": ready.referent.organisation,
        "organisation": ready.recipient.organisation,
        "desk": ready.recipient.desk,
        "assignee": ready.recipient.assignee,
    }
    if kind is ReferralSent:
        base |= {"sender": ready.referent.account, "right": "rsa", "mode": "appel_a_trois", "acknowledge_due": now}
    return kind.model_validate(base | other)
