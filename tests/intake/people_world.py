"""Intake as it is built, on a real PostgreSQL and a real nats-server; the directory is a small stand-in on the bus."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlmodel import select

from contracts.asks import ListRecipients, ResolveViewer
from contracts.consent import Category
from contracts.replies import DeskOption, RecipientsFound, ViewerFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Channel, HandoverMode, OrganisationKind, Purpose
from services.intake.commands import AskedDesk, MeetPerson, RecordConsent
from services.intake.consent_handlers import record_consent
from services.intake.handlers import meet_person
from services.intake.person_keys import PersonKeys
from services.intake.tables import Handover
from services.runtime.bus import Bus
from services.runtime.database import Work
from services.runtime.process import Service
from services.runtime.web.guard import COOKIE, session_hash


def referent(organisation: UUID | None = None, *roles: Role) -> Viewer:
    """A referent of a municipal social-action centre."""
    return Viewer(
        account=uuid4(),
        display_name="Nadia Benali",
        organisation=organisation or uuid4(),
        organisation_name="CCAS d’Arvel",
        organisation_kind=OrganisationKind.CCAS,
        roles=frozenset(roles or (Role.REFERENT,)),
        territory="valbrume",
    )


def a_desk(name: str = "Accueil social", rights: tuple[str, ...] = ("rsa", "ppa", "apl")) -> DeskOption:
    now = datetime.now(UTC)
    return DeskOption(
        desk=uuid4(),
        desk_name=name,
        organisation=uuid4(),
        organisation_name="Caf de Valbrume",
        organisation_kind=OrganisationKind.CAF,
        rights=rights,
        modes=tuple(HandoverMode),
        convention=uuid4(),
        convention_starts=now - timedelta(days=300),
        convention_ends=now + timedelta(days=300),
    )


def asked(desk: DeskOption) -> AskedDesk:
    return AskedDesk.model_validate(desk.model_dump())


@dataclass
class People:
    """The running service, its keys, and who is signed in."""

    service: Service
    keys: PersonKeys
    partners: Bus | None = None
    desks: list[DeskOption] = field(default_factory=list)
    sessions: dict[str, Viewer] = field(default_factory=dict)

    async def restart_partners(self) -> None:
        """Let the directory answer: who is signed in, and the desks of the test."""

        async def viewer_of(ask: ResolveViewer) -> ViewerFound:
            return ViewerFound(viewer=self.sessions.get(ask.session))

        async def recipients(ask: ListRecipients) -> RecipientsFound:
            return RecipientsFound(
                desks=tuple(one for one in self.desks if ask.right is None or ask.right in one.rights)
            )

        servers = self.service.servers
        self.partners = Bus("partners", "valbrume", servers.nats_url, servers.keys / "partners" / "nats.creds")
        self.partners.answer(ResolveViewer, viewer_of)
        self.partners.answer(ListRecipients, recipients)
        await self.partners.start()
        await self.partners.broker._connection.flush()

    @asynccontextmanager
    async def work(self, viewer: Viewer | None, at: datetime | None = None) -> AsyncIterator[Work]:
        async with self.service.database.web(viewer, at=at) as work:
            yield work

    async def client(self, viewer: Viewer) -> httpx.AsyncClient:
        """A browser of this viewer, without JavaScript."""
        cookie = secrets.token_hex(16)
        self.sessions[session_hash(cookie)] = viewer
        transport = httpx.ASGITransport(self.service.app)  # type: ignore[arg-type]
        return httpx.AsyncClient(
            transport=transport,
            base_url="http://relais.test",
            cookies={COOKIE: cookie},
            headers={"sec-fetch-site": "same-origin"},
        )

    async def meet(self, viewer: Viewer, at: datetime | None = None, **values: Any) -> UUID:
        given = {"channel": Channel.PERMANENCE, "first_name": "Élise", "last_name": "Valtorix", **values}
        async with self.work(viewer, at) as work:
            return await meet_person(MeetPerson(**given), work, self.keys)

    async def agree(self, viewer: Viewer, person: UUID, desk: DeskOption, at: datetime | None = None) -> UUID:
        async with self.work(viewer, at) as work:
            command = RecordConsent(
                person=person,
                to=asked(desk),
                purpose=Purpose.OPEN_RIGHT,
                categories=frozenset({Category.IDENTITY_MIN, Category.CONTACT_PHONE}),
                rights=frozenset({"rsa"}),
                expires_at=work.now + timedelta(days=90),
            )
            return await record_consent(command, work)

    async def hand_over(self, viewer: Viewer, person: UUID, grant: UUID, desk: DeskOption, step: str) -> UUID:
        """A hand-over row as sending leaves it."""
        async with self.work(viewer) as work:
            row = Handover(
                person=person,
                organisation=viewer.organisation,
                sender_kind=viewer.organisation_kind.value,
                referent=viewer.account,
                grant=grant,
                epoch=1,
                right="rsa",
                purpose=Purpose.OPEN_RIGHT.value,
                recipient_organisation=desk.organisation,
                recipient_organisation_name=desk.organisation_name,
                recipient_kind=desk.organisation_kind.value,
                desk=desk.desk,
                desk_name=desk.desk_name,
                contact=uuid4(),
                contact_name="Julie Perrin",
                assignee=uuid4(),
                mode=HandoverMode.APPEL_A_TROIS.value,
                step=step,
                state="sent" if step == "sent" else "draft",
                created_at=work.now,
                sent_at=work.now,
                moved_at=work.now,
            )
            work.session.add(row)
            return row.ref

    async def rows(self, table: type, *conditions: Any) -> list[Any]:
        """Rows as the worker sees them."""
        async with self.service.database.worker() as work:
            return list((await work.session.exec(select(table).where(*conditions))).all())

    async def facts(self, ref: UUID) -> list[dict[str, Any]]:
        """The facts about a reference, as they are carried."""
        async with self.service.database.worker() as work:
            found = await work.execute("SELECT envelope FROM fact WHERE ref = :ref ORDER BY seq", ref=ref)
            return [row[0] for row in found]


async def start_people(service: Service) -> People:
    """Start the service and the directory beside it."""
    assert service.app is not None
    people = People(service, service.app.state.person_keys)
    await asyncio.gather(service.start(), people.restart_partners())
    await service.bus.broker._connection.flush()
    return people


def text_of(html: str) -> str:
    """A page as people read it: no tags, single blanks, ordinary blanks before signs."""
    bare = re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.S))
    return " ".join(unescape(bare).replace("\u202f", " ").split())
