"""People of two sides around one referral, and the service's handlers called as its edge calls them."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.actions import Acknowledge, Action, LogAttempt
from contracts.asks import ActOnReferral, ListTasks, ReadReferral, SendReferral
from contracts.envelope import Envelope, Fact
from contracts.replies import DeskMember, ReferralState, ReferralView, TasksFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import AttemptChannel, AttemptResult, HandoverMode, OrganisationKind
from services.referral import handlers, sending
from services.referral.business_time import paris_day
from services.referral.subscribers import REACTIONS
from services.runtime.database import Work
from services.runtime.inbox import Inbox
from services.runtime.process import Service

NOON = datetime(2026, 11, 18, 11, tzinfo=UTC)  # a Wednesday
TODAY = paris_day(NOON)


def somebody(
    *roles: Role, organisation: UUID | None = None, desks: tuple[UUID, ...] = (), manages: tuple[UUID, ...] = ()
) -> Viewer:
    """A signed-in professional of the territory of the tests."""
    return Viewer(
        account=uuid4(), display_name="Quelqu’un", organisation=organisation or uuid4(), organisation_name="Organisme",
        organisation_kind=OrganisationKind.CCAS, desks=desks, manages=manages, roles=frozenset(roles),
        territory="valbrume",
    )


@dataclass
class World:
    """A referent, an agent and a manager of one desk, a coordinator, and two who have nothing to do with it."""

    ccas: UUID = field(default_factory=uuid4)
    caf: UUID = field(default_factory=uuid4)
    desk: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        self.referent = somebody(Role.REFERENT, organisation=self.ccas)
        self.agent = somebody(Role.DESK_AGENT, organisation=self.caf, desks=(self.desk,))
        roles, other = (Role.DESK_AGENT, Role.DESK_MANAGER), uuid4()
        self.manager = somebody(*roles, organisation=self.caf, desks=(self.desk,), manages=(self.desk,))
        self.coordinator = somebody(Role.COORDINATOR)
        self.stranger = somebody(Role.REFERENT)
        self.manages_elsewhere = somebody(*roles, organisation=self.caf, desks=(self.desk, other), manages=(other,))
        self.other_desk = somebody(*roles, organisation=self.caf, desks=(other,), manages=(other,))

    def send(self, **changes: Any) -> SendReferral:
        """The ask that makes a referral from this referent to this desk."""
        given = {
            "viewer": self.referent, "ref": uuid4(), "person": uuid4(), "right": "rsa",
            "mode": HandoverMode.DOSSIER_TRANSMIS, "organisation": self.caf, "desk": self.desk,
            "contact": self.agent.account, "assignee": self.agent.account,
        }
        return SendReferral(**{**given, **changes})


class Alone:
    """Each call is one transaction, as in `app.py`; `at` is the instant at which it happens."""

    def __init__(self, service: Service) -> None:
        self.service, self.database = service, service.database

    def worker(self, at: datetime | None = None) -> AbstractAsyncContextManager[Work]:
        """A transaction under the worker role."""
        return self.database.worker(at=at)

    async def send(self, ask: SendReferral, at: datetime | None = None) -> ReferralState:
        async with self.database.web(ask.viewer, at=at) as work:
            return await sending.send_referral(ask, work)

    async def act(
        self, viewer: Viewer, ref: UUID, action: Action, at: datetime | None = None, command: UUID | None = None,
        shown: int | None = None,
    ) -> ReferralState:
        ask = ActOnReferral(
            viewer=viewer, ref=ref, action=action, command_id=command or uuid4(), expected_version=shown
        )
        member = DeskMember(account=action.assignee, active=True) if action.kind == "assign" else None
        async with self.database.web(viewer, at=at) as work:
            return await handlers.act_on_referral(ask, work, member)

    async def read(self, viewer: Viewer, ref: UUID, at: datetime | None = None) -> ReferralView:
        async with self.database.web(viewer, at=at) as work:
            return await handlers.read_referral(ReadReferral(viewer=viewer, ref=ref), work)

    async def tasks(self, viewer: Viewer, *, whole_organisation: bool = False) -> TasksFound:
        ask = ListTasks(viewer=viewer, whole_organisation=whole_organisation)
        async with self.database.web(viewer) as work:
            return await handlers.list_tasks(ask, work)

    async def react(self, fact: Fact, at: datetime = NOON) -> None:
        """Receive a fact of another service."""
        inbox = Inbox(self.database, self.service.plumbing, REACTIONS)
        envelope = Envelope.of(fact, source="test", time=at, territory="valbrume", actor_kind="referent")
        await inbox.take(f"referral-{fact.words()[0]}", [envelope])

    async def scalar(self, statement: str, **values: Any) -> Any:
        """One value, read under the worker role."""
        async with self.worker() as work:
            return (await work.execute(statement, **values)).scalar()

    async def sent(self, world: World, at: datetime = NOON, **changes: Any) -> UUID:
        """A referral that was just sent; its reference."""
        ask = world.send(**changes)
        await self.send(ask, at)
        return ask.ref

    async def in_progress(self, world: World, at: datetime = NOON, **changes: Any) -> UUID:
        """A referral whose person was reached an hour after it was acknowledged."""
        ref = await self.sent(world, at, **changes)
        await self.act(world.agent, ref, Acknowledge(promised_for=paris_day(at)), at)
        reached = LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.REACHED)
        await self.act(world.agent, ref, reached, at + timedelta(hours=1))
        return ref
