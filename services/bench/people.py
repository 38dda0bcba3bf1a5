"""A small territory to put under load: its directory, people who each agreed to be handed over to one desk, and
signed-in professionals. Everything is made by the services' own functions; nothing here is started.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from uuid import UUID

from contracts.asks import ListRecipients
from contracts.consent import MAX_GRANT_AGE, Category
from contracts.replies import DeskOption
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Channel, Purpose
from services.intake.commands import AskedDesk, MeetPerson, RecordConsent
from services.intake.consent_handlers import record_consent
from services.intake.demonstration import make_routes
from services.intake.handlers import meet_person
from services.intake.person_keys import PersonKeys
from services.partners.demonstration import make_directory, people
from services.partners.recipients import list_recipients
from services.partners.sessions import read_viewer
from services.partners.sign_in import open_session
from services.processes import make
from services.runtime.database import Database
from services.runtime.process import Servers
from services.runtime.settings import Settings
from services.runtime.web.guard import session_hash

SHARED = frozenset({Category.IDENTITY_MIN, Category.CONTACT_PHONE, Category.NEED_SUMMARY})


@dataclass(frozen=True)
class Target:
    """One person with a live grant for that desk and right, and a contact who can receive."""

    person: UUID
    right: str
    desk: UUID
    contact: UUID

    def body(self) -> dict[str, str]:
        """The JSON of `POST /api/referrals` for her."""
        return {
            "person": str(self.person), "right": self.right, "desk": str(self.desk), "contact": str(self.contact),
            "mode": "dossier_transmis", "message": "Elle préfère être appelée le matin.",
        }  # fmt: skip


@dataclass(frozen=True)
class Territory:
    """The cookies of a referent, of a coordinator and of an agent of each desk, and the people."""

    referent: str
    coordinator: str
    agents: dict[UUID, str]
    targets: list[Target]


async def make_territory(settings: Settings, servers: Servers, *, persons: int, rights: tuple[str, ...]) -> Territory:
    """Make the directory, the route table, and that many people, each for the desk of one of these rights in turn."""
    async with (
        database_of("partners", settings, servers) as directory,
        database_of("intake", settings, servers) as intake,
    ):
        async with directory.worker() as work:
            await make_directory(work)
        async with intake.worker() as work:
            await make_routes(work)
        referent, viewer = await sign_in(directory, next(one.ref for one in people() if one.role is Role.REFERENT))
        coordinator, _ = await sign_in(directory, next(one.ref for one in people() if one.role is Role.COORDINATOR))
        desks = [(right, await _desk_for(directory, viewer, right)) for right in rights]
        agents = {desk.desk: (await sign_in(directory, _contact(desk)))[0] for _, desk in desks}
        keys = PersonKeys(servers.keys / "intake" / "people")
        targets = [await _meet(intake, viewer, keys, right, desk) for right, desk in islice(cycle(desks), persons)]
    return Territory(referent, coordinator, agents, targets)


@asynccontextmanager
async def database_of(name: str, settings: Settings, servers: Servers) -> AsyncIterator[Database]:
    """The database of one service, which is not started."""
    database = make(name, settings, servers).database
    database.send_hint = None  # nobody is connected yet
    try:
        yield database
    finally:
        await database.close()


async def sign_in(directory: Database, account: UUID) -> tuple[str, Viewer]:
    """The cookie of a new session, and who holds it."""
    async with directory.web(None) as work:
        cookie = await open_session(account, None, work)
        await work.session.flush()
        viewer = await read_viewer(session_hash(cookie), work)
    assert viewer is not None
    return cookie, viewer


async def _desk_for(directory: Database, viewer: Viewer, right: str) -> DeskOption:
    async with directory.web(viewer) as work:
        found = await list_recipients(ListRecipients(viewer=viewer, right=right), work)
    return next(one for one in found.desks if one.open and one.convention and any(c.available for c in one.contacts))


def _contact(desk: DeskOption) -> UUID:
    return next(one.account for one in desk.contacts if one.available)


async def _meet(intake: Database, viewer: Viewer, keys: PersonKeys, right: str, desk: DeskOption) -> Target:
    async with intake.web(viewer) as work:
        met = MeetPerson(channel=Channel.PERMANENCE, first_name="Isaure", last_name="Essai")
        person = await meet_person(met, work, keys)
        await work.session.flush()
        to = AskedDesk.model_validate(desk.model_dump(include=set(AskedDesk.model_fields)))
        agreed = RecordConsent(
            person=person, to=to, purpose=Purpose.OPEN_RIGHT, categories=SHARED, rights=frozenset({right}),
            expires_at=work.now + MAX_GRANT_AGE - timedelta(days=1),
        )  # fmt: skip
        await record_consent(agreed, work)
    return Target(person, right, desk.desk, _contact(desk))
