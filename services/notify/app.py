"""notify, wired: the reactions to a referral's facts, the scheduler, the sender and its channels, what comes back, and
the local boxes.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from contracts.asks import CheckReminders, ListBouncing, SendPersonCode, SendSignInCode
from services.notify import bounces, ledger_counts, watch, web_bell, web_ledger, web_unsubscribe
from services.notify.bounce_address import bounce_address
from services.notify.bounce_intake import BounceIntake
from services.notify.handlers import send_person_code, send_sign_in_code
from services.notify.scheduler import EVERY, Scheduler
from services.notify.sender import Sender
from services.notify.sink import Box, has_box
from services.notify.sms import TextMessages
from services.notify.sms_sink import SmsBox
from services.notify.smtp import Mailer
from services.notify.subscribers import REACTIONS
from services.notify.tokens import Tokens
from services.notify.web import box_pages
from services.runtime.bus import Answer
from services.runtime.database import Work
from services.runtime.jobs import Job
from services.runtime.process import Parts, Service

MEASURE_EVERY, RECOUNT_EVERY = 10.0, 300.0


def build(service: Service) -> None:
    """Hand the service its parts."""
    settings, clock = service.settings, service.clock
    boxed = has_box(settings)
    box = Box(clock) if boxed else None
    texts = SmsBox(clock) if boxed and settings.sms_url is None else None
    back = bounce_address(settings, Tokens(service.servers.keys / service.name))
    channels = (Mailer(settings, box, clock, back), TextMessages(settings, texts, clock))
    mailer, sms = channels
    sender, scheduler, ledger = Sender(service, *channels), Scheduler(service), ledger_counts.Measured()
    intake = BounceIntake(settings, back, sender.bounces)
    service.bus.listeners.append(sender.wake_on)

    async def measure() -> None:
        async with service.database.worker() as work:
            await ledger_counts.measure(work, ledger)
            await watch.keep_states(channels, work)

    began = clock()

    async def health() -> dict[str, str]:
        async with service.database.worker() as work:
            return await watch.health(work, began)

    async def stop() -> None:
        await intake.stop()
        for one in channels:
            await one.stop()

    service.assemble(
        Parts(
            answers={
                SendSignInCode: partial(send_sign_in_code, channel=mailer),
                SendPersonCode: partial(send_person_code, channel=sms),
                ListBouncing: _read(service, bounces.list_bouncing),
                CheckReminders: _read(service, partial(watch.check_reminders, texts=sms.offered, ledger=ledger)),
            },
            reactions=REACTIONS,
            # The turn waits by itself, for a telling or for a second.
            jobs=[
                Job("send", 0.0, sender.turn),
                Job("remind", EVERY, scheduler.turn),
                Job("ledger", MEASURE_EVERY, measure),
                Job("ledger_of_the_week", RECOUNT_EVERY, partial(_recount, service)),
                Job("bounces", bounces.CLEAR_EVERY, sender.bounces.clear),
            ],
            routers=[
                web_bell.pages.router, web_ledger.pages.router, web_unsubscribe.pages.router, box_pages(box, texts),
            ],
            templates=Path(__file__).with_name("templates"),
            prepare=intake.start,
            stop=stop,
            health=health,
        )
    )
    assert service.app is not None
    service.app.state.texts_offered, service.app.state.channels = sms.offered, channels


async def _recount(service: Service) -> None:
    async with service.database.worker() as work:
        await ledger_counts.count_the_week(work)


def _read(service: Service, handler: Callable[[Any, Work], Awaitable[BaseModel]]) -> Answer:
    async def answer(ask: Any) -> BaseModel:  # noqa: ANN401 - the ask that this handler takes
        async with service.database.worker() as work:
            return await handler(ask, work)

    return answer
