"""The referral service put together: the asks it answers, the facts it reacts to, its clocks and its pages."""

import asyncio
from pathlib import Path

from contracts.asks import (
    ActOnReferral,
    ArrangeAppointment,
    CheckDeskMember,
    FollowUpReferral,
    ListTasks,
    ReadDeskDelays,
    ReadFacts,
    ReadReferral,
    ReadStates,
    ReadTerritoryClocks,
    SendReferral,
)
from contracts.replies import (
    DelaysFound,
    DeskMember,
    FactsFound,
    ReferralState,
    ReferralView,
    StatesFound,
    TasksFound,
    TerritoryClocks,
)
from services.referral import (
    business_time,
    clocks,
    delays,
    desk_terms,
    handlers,
    rebuilding,
    sending,
    store,
    tally_store,
    web_board,
    web_board_list,
    web_calendar,
    web_ladder,
    web_open_data,
    web_report,
    web_stuck,
)
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

    async def follow_up(self, ask: FollowUpReferral) -> ReferralState:
        """See `handlers.act_on_referral`."""
        async with self.database.web(ask.viewer) as work:
            return await handlers.act_on_referral(ask, work)

    async def act(self, ask: ActOnReferral) -> ReferralState:
        """See `handlers.act_on_referral`; the directory is asked about a new assignee before the transaction."""
        member = await self._member(ask)
        async with self.database.web(ask.viewer) as work:
            return await handlers.act_on_referral(ask, work, member)

    async def arrange(self, ask: ArrangeAppointment) -> ReferralState:
        """See `appointments`; decided as every action on a referral."""
        async with self.database.web(ask.viewer) as work:
            return await handlers.act_on_referral(ask, work)

    async def read(self, ask: ReadReferral) -> ReferralView:
        """See `handlers.read_referral`."""
        async with self.database.web(ask.viewer) as work:
            return await handlers.read_referral(ask, work)

    async def states(self, ask: ReadStates) -> StatesFound:
        """See `handlers.read_states`."""
        async with self.database.web(ask.viewer) as work:
            return await handlers.read_states(ask, work)

    async def tasks(self, ask: ListTasks) -> TasksFound:
        """See `handlers.list_tasks`."""
        async with self.database.web(ask.viewer) as work:
            return await handlers.list_tasks(ask, work)

    async def facts(self, ask: ReadFacts) -> FactsFound:
        """See `handlers.read_facts`."""
        async with self.database.worker() as work:
            return await handlers.read_facts(ask, work)

    async def desk_delays(self, ask: ReadDeskDelays) -> DelaysFound:
        """See `delays.read_desk_delays`."""
        async with self.database.worker() as work:
            return await delays.read_desk_delays(ask, work)

    async def territory_clocks(self, ask: ReadTerritoryClocks) -> TerritoryClocks:
        """See `desk_terms.read_territory_clocks`."""
        async with self.database.worker() as work:
            return await desk_terms.read_territory_clocks(ask, work)

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
            SendReferral: answers.send, ActOnReferral: answers.act, FollowUpReferral: answers.follow_up,
            ArrangeAppointment: answers.arrange,
            ReadReferral: answers.read,
            ReadStates: answers.states,
            ListTasks: answers.tasks, ReadFacts: answers.facts, ReadDeskDelays: answers.desk_delays,
            ReadTerritoryClocks: answers.territory_clocks,
        },
        reactions=REACTIONS,
        jobs=jobs(service),
        routers=[
            one.router for one in (
                pages, web_board.pages, web_board_list.pages, web_report.pages, web_ladder.pages, web_stuck.pages,
                web_open_data.pages, web_calendar.pages,
            )
        ],
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

    async def gather() -> None:
        await tally_store.gather(service.database)

    async def follow_old() -> None:
        await rebuilding.rebuild_if_unfollowed(service.database)

    async def calendar() -> None:
        # Loaded before somebody waits for it; twice a day, so that a new year is there when it begins.
        await asyncio.to_thread(business_time.is_business_day, business_time.paris_day(service.clock()))

    return [
        Job("expire", 30.0, expire), Job("resume_holds", 30.0, resume), Job("send_again", 60.0, send_again),
        Job("calendar", 43_200.0, calendar), Job("gather", 2.0, gather),
        Job("follow_old", 3600.0, follow_old),
    ]
