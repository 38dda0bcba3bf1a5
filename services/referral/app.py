"""The referral service put together: the asks it answers, the facts it reacts to, its clocks and its pages."""

import asyncio
from pathlib import Path

from contracts.asks import ActOnReferral, CheckDeskMember, ListTasks, ReadFacts, ReadReferral, SendReferral
from contracts.replies import DeskMember, FactsFound, ReferralState, ReferralView, TasksFound
from services.referral import business_time, clocks, handlers, sending, store
from services.referral.subscribers import REACTIONS
from services.referral.web import pages
from services.runtime.jobs import Job
from services.runtime.process import Parts, Service


class Answers:
    """The edge of the service: one transaction an ask, bound to the viewer in it; never a remote ask inside one."""

    def __init__(self, service: Service) -> None:
        self.service, self.database = service, service.database

    async def send(self, ask: SendReferral) -> ReferralState:
        """See `sending.send_referral`."""
        async with self.database.web(ask.viewer) as work:
            return await sending.send_referral(ask, work)

    async def act(self, ask: ActOnReferral) -> ReferralState:
        """See `handlers.act_on_referral`; the directory is asked about a new assignee before the transaction."""
        member = await self._member(ask)
        async with self.database.web(ask.viewer) as work:
            return await handlers.act_on_referral(ask, work, member)

    async def read(self, ask: ReadReferral) -> ReferralView:
        """See `handlers.read_referral`."""
        async with self.database.web(ask.viewer) as work:
            return await handlers.read_referral(ask, work)

    async def tasks(self, ask: ListTasks) -> TasksFound:
        """See `handlers.list_tasks`."""
        async with self.database.web(ask.viewer) as work:
            return await handlers.list_tasks(ask, work)

    async def facts(self, ask: ReadFacts) -> FactsFound:
        """See `handlers.read_facts`."""
        async with self.database.worker() as work:
            return await handlers.read_facts(ask, work)

    async def _member(self, ask: ActOnReferral) -> DeskMember | None:
        if ask.action.kind != "assign":
            return None
        async with self.database.web(ask.viewer) as work:
            desk = (await store.find(ask.viewer, ask.ref, work)).desk
        return await self.service.bus.ask(CheckDeskMember(desk=desk, account=ask.action.assignee))


def build(service: Service) -> None:
    """Assemble the service."""
    answers = Answers(service)
    service.assemble(Parts(
        answers={
            SendReferral: answers.send, ActOnReferral: answers.act, ReadReferral: answers.read,
            ListTasks: answers.tasks, ReadFacts: answers.facts,
        },
        reactions=REACTIONS,
        jobs=jobs(service),
        routers=[pages.router],
        templates=Path(__file__).with_name("templates"),
    ))


def jobs(service: Service) -> list[Job]:
    """The clocks, each twice as often as what it watches needs."""

    async def expire() -> None:
        await clocks.expire_unanswered(service.database)

    async def resume() -> None:
        await clocks.resume_holds(service.database)

    async def send_again() -> None:
        await clocks.send_again(service.database, service.bus.publish)

    async def calendar() -> None:
        # Loaded before somebody waits for it; twice a day, so that a new year is there when it begins.
        await asyncio.to_thread(business_time.is_business_day, business_time.paris_day(service.clock()))

    return [
        Job("expire", 30.0, expire), Job("resume_holds", 30.0, resume), Job("send_again", 60.0, send_again),
        Job("calendar", 43_200.0, calendar),
    ]
