"""Partners alone on real servers; intake, referral and notify are small stand-ins that speak the contracts only."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.asks import (
    ActOnReferral,
    AnswerErasure,
    CountCases,
    Disclose,
    DropNote,
    ListErasures,
    ReadFacts,
    ReadReferral,
    ReadStates,
    SendSignInCode,
    WriteNote,
)
from contracts.consent import Basis, Category, Disclosure, SharedField
from contracts.envelope import Envelope
from contracts.facts import ReferralFact, ReferralSent
from contracts.lifecycle import State, actions_from, parties_of
from contracts.refusals import NotFound, Refusal, ServiceAway
from contracts.replies import (
    CasesCounted,
    CodeSent,
    Disclosed,
    DisclosedAll,
    ErasureAsked,
    ErasuresFound,
    FactsFound,
    NoteWritten,
    ReferralState,
    ReferralView,
    StateNow,
    StatesFound,
)
from contracts.vocabulary import ErasureState, HandoverMode, Language, Purpose
from services.partners.app import build
from services.partners.demonstration import demo_accounts, make_directory, ref_of
from services.partners.tables import PLUMBING, SCHEMA
from services.runtime import stream
from services.runtime.bus import Bus
from services.runtime.migrations import migrate
from services.runtime.process import Service
from services.runtime.settings import Settings
from services.whole import Ground

TERRITORY = "essai"
CAF_SOCIAL = ref_of("desk", "caf", "social")
CAF_HOUSING = ref_of("desk", "caf", "logement")


@dataclass
class Neighbours:
    """What the other services answer, as each test sets it."""

    codes: list[SendSignInCode] = field(default_factory=list)
    acted: list[ActOnReferral] = field(default_factory=list)
    notes: list[WriteNote] = field(default_factory=list)
    views: dict[UUID, ReferralView] = field(default_factory=dict)
    people: dict[UUID, Disclosed] = field(default_factory=dict)
    record: list[Envelope] = field(default_factory=list)
    refusal: Refusal | None = None
    intake_away: bool = False
    cases: CasesCounted = field(default_factory=lambda: CasesCounted(people=0, open_referrals=0, drafts=0))
    referral_away: bool = False
    dropped: list[UUID] = field(default_factory=list)
    to_erase: list[ErasureAsked] = field(default_factory=list)

    async def send_code(self, ask: SendSignInCode) -> CodeSent:
        self.codes.append(ask)
        return CodeSent(accepted=True)

    async def disclose(self, ask: Disclose) -> DisclosedAll:
        if self.intake_away:
            raise ServiceAway
        rows = (self.people.get(one, Disclosed(referral=one, refusal=NotFound().wire())) for one in ask.referrals)
        return DisclosedAll(rows=tuple(rows))

    async def count(self, ask: CountCases) -> CasesCounted:
        return self.cases

    async def write_note(self, ask: WriteNote) -> NoteWritten:
        self.notes.append(ask)
        return NoteWritten(note=ask.command_id)

    async def drop_note(self, ask: DropNote) -> NoteWritten:
        self.dropped.append(ask.note)
        return NoteWritten(note=ask.note)

    async def erasures(self, ask: ListErasures) -> ErasuresFound:
        found = [one for one in self.to_erase if one.desk in ask.viewer.desks]
        if ask.referral is not None:
            return ErasuresFound(rows=tuple(one for one in found if one.referral == ask.referral))
        waiting = tuple(one for one in found if one.state is ErasureState.ASKED)
        return ErasuresFound(rows=waiting[:20], beyond=max(0, len(waiting) - 20))

    async def erase(self, ask: AnswerErasure) -> ErasureAsked:
        row = next((one for one in self.to_erase if one.ref == ask.request and one.desk in ask.viewer.desks), None)
        if row is None:
            raise NotFound
        state = ErasureState.KEPT if ask.reason else ErasureState.ERASED
        done = row.model_copy(update={"state": state, "reason": ask.reason, "answered_at": datetime.now(UTC)})
        self.to_erase[self.to_erase.index(row)] = done
        return done

    async def states(self, ask: ReadStates) -> StatesFound:
        if self.referral_away:
            raise ServiceAway
        found = {one: self.views[one] for one in ask.refs if one in self.views}
        return StatesFound(states={
            ref: StateNow(state=view.state, ended_at=view.ended_at) for ref, view in found.items()
        })

    async def act(self, ask: ActOnReferral) -> ReferralState:
        if self.refusal is not None:
            raise self.refusal
        self.acted.append(ask)
        return ReferralState(ref=ask.ref, state=State.ACKNOWLEDGED, version=2)

    async def read(self, ask: ReadReferral) -> ReferralView:
        if ask.ref not in self.views:
            raise NotFound
        view = self.views[ask.ref]
        viewer = ask.viewer
        parties = parties_of(
            viewer.roles, sender=False, desk=view.desk in viewer.desks, manages=view.desk in viewer.manages
        )
        found = tuple(row.action for row in actions_from(view.state, parties))
        return view.model_copy(update={"actions": found})

    async def facts(self, ask: ReadFacts) -> FactsFound:
        found = [one for one in self.record if one.subject == str(ask.ref) and one.data["version"] > ask.after]
        return FactsFound(envelopes=tuple(found))


@dataclass
class World:
    """The service under test, its neighbours, and a clock that a test may move."""

    service: Service
    referral: Bus
    around: Neighbours
    shift: timedelta = timedelta()
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def browser(self, scheme: str = "https") -> httpx.AsyncClient:
        """A new browser with its own cookies."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.service.app),
            base_url=f"{scheme}://relais.test",
            headers={"sec-fetch-site": "same-origin"},
        )
        self.clients.append(client)
        return client

    async def as_account(self, **wanted: str) -> httpx.AsyncClient:
        """A browser signed in as the first demonstration account that has these values."""
        row = next(one for one in demo_accounts() if wanted.items() <= one.items())
        client = self.browser()
        answer = await client.post("/connexion/demonstration", data={"account": row["ref"]})
        assert answer.status_code == 303
        return client

    async def at_desk(self, desk: str = "Accueil social", role: str = "desk_agent") -> httpx.AsyncClient:
        return await self.as_account(organisation="Caf de Valbrume", desk=desk, role=role)

    async def was_here(self, account: str) -> None:
        """Her first visit is over: from now on she lands where she wants to."""
        await self.browser().post("/connexion/demonstration", data={"account": account})

    def wrap(self, fact: ReferralFact) -> Envelope:
        return Envelope.of(fact, source="referral", time=fact.at, territory=TERRITORY, actor_kind="referent")

    async def publish(self, fact: ReferralFact) -> None:
        await self.referral.publish(self.wrap(fact))

    def sent(self, desk: UUID = CAF_SOCIAL, **given: Any) -> ReferralSent:
        """A referral for a desk of the Caf, from a referent of the CCAS."""
        referent = next(one for one in demo_accounts() if one["role"] == "referent")
        values = {
            "ref": uuid4(), "version": 1, "at": self.now, "state": State.SENT, "episode": 1,
            "sender_organisation": ref_of("organisation", "ccas"), "sender": UUID(referent["ref"]),
            "organisation": ref_of("organisation", "caf"), "desk": desk, "assignee": ref_of("account", "5"),
            "right": "ppa", "mode": HandoverMode.APPEL_A_TROIS, "acknowledge_due": self.now + timedelta(days=2),
        }  # fmt: skip
        return ReferralSent.model_validate(values | given)

    def known(self, fact: ReferralSent, short_name: str = "Mme K.", **changed: Any) -> None:
        """Let referral and intake know that referral."""
        self.around.views[fact.ref] = view_of(fact).model_copy(update=changed)
        self.around.people[fact.ref] = Disclosed(referral=fact.ref, disclosure=disclosure_of(fact, short_name))

    async def items(self, **where: Any) -> list[Any]:
        clause = " AND ".join(f"{name} = :{name}" for name in where) or "true"
        async with self.service.database.worker() as work:
            return list((await work.execute(f"SELECT * FROM deskitem WHERE {clause}", **where)).all())


def view_of(fact: ReferralSent) -> ReferralView:
    return ReferralView(
        contact=fact.assignee, sent_at=fact.at, delivered_at=fact.at,
        **fact.model_dump(exclude={"at", "actor", "redirected_from"}),
    )  # fmt: skip


def disclosure_of(fact: ReferralSent, short_name: str) -> Disclosure:
    shared = [
        SharedField(field=name, label=label, category=category, value=text, text=text)
        for name, label, category, text in (
            ("short_name", "Personne", Category.IDENTITY_MIN, short_name),
            ("age", "Âge", Category.IDENTITY_MIN, "34 ans"),
            ("phone", "Téléphone", Category.CONTACT_PHONE, "06 39 98 00 12"),
        )
    ]
    return Disclosure(
        referral=fact.ref, shared=tuple(shared), not_shared=("Ressources (tranche)",), grant=uuid4(), epoch=1,
        categories=(Category.IDENTITY_MIN, Category.CONTACT_PHONE, Category.HOUSING), purpose=Purpose.OPEN_RIGHT,
        basis=Basis.PERSON_AGREEMENT, route_version=1, given_at=fact.at, expires_at=fact.at + timedelta(days=90),
        method="oral_in_person", language=Language.FR, read_back=True,
    )  # fmt: skip


@pytest.fixture(scope="session")
def partners_ground() -> Iterator[Ground]:
    """Servers of their own: another partners on the same consumers would take the facts of these tests."""
    with tempfile.TemporaryDirectory(prefix="relais-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        found = Ground.start(Settings(var=Path(made), territory=TERRITORY))
        yield found
        found.stop()


@pytest.fixture(scope="session")
async def running(partners_ground: Ground) -> AsyncIterator[World]:
    servers = partners_ground.servers
    await migrate(partners_ground.owner_url, servers.keys, [SCHEMA])
    assert await stream.ensure(servers.nats_url, servers.keys / "admin" / "nats.creds", TERRITORY) == []
    buses = {
        name: Bus(name, TERRITORY, servers.nats_url, servers.keys / name / "nats.creds")
        for name in ("intake", "referral", "notify")
    }
    settings = Settings(var=servers.keys.parent, territory=TERRITORY)
    service = Service("partners", settings, servers, SCHEMA, PLUMBING, lambda: datetime.now(UTC) + world.shift)
    world = World(service, buses["referral"], Neighbours())
    for bus, kind, answer in (
        ("notify", SendSignInCode, "send_code"),
        ("intake", Disclose, "disclose"),
        ("intake", WriteNote, "write_note"),
        ("intake", CountCases, "count"),
        ("intake", DropNote, "drop_note"),
        ("intake", ListErasures, "erasures"),
        ("intake", AnswerErasure, "erase"),
        ("referral", ReadStates, "states"),
        ("referral", ActOnReferral, "act"),
        ("referral", ReadReferral, "read"),
        ("referral", ReadFacts, "facts"),
    ):
        buses[bus].answer(kind, lambda ask, name=answer: getattr(world.around, name)(ask))
    build(service)
    for bus in buses.values():
        await bus.start()
    await service.start()
    async with service.database.worker() as work:
        await make_directory(work)
    yield world
    await service.stop()
    for bus in buses.values():
        await bus.stop()


@pytest.fixture
async def world(running: World) -> AsyncIterator[World]:
    """The same running service, with an empty list and neighbours that know nothing yet."""
    running.around.__init__()
    running.shift = timedelta()
    async with running.service.database.worker() as work:
        for table in ("deskitem", "signinthrottle"):
            await work.execute(f"DELETE FROM {table}")
    yield running
    running.shift = timedelta()
    for client in running.clients:
        await client.aclose()
    running.clients.clear()


@pytest.fixture(scope="session")
def desks() -> dict[str, UUID]:
    return {"social": CAF_SOCIAL, "housing": CAF_HOUSING}
