"""notify, wired: the reactions to a referral's facts, the sender, the sign-in code, and the local box."""

from functools import partial
from pathlib import Path

from contracts.asks import SendSignInCode
from services.notify import ledger
from services.notify.handlers import send_sign_in_code
from services.notify.sender import Sender
from services.notify.sink import Box, has_box
from services.notify.smtp import Mailer
from services.notify.subscribers import REACTIONS
from services.notify.web import box_pages
from services.runtime.jobs import Job
from services.runtime.process import Parts, Service

MEASURE_EVERY = 10.0


def build(service: Service) -> None:
    """Hand the service its parts."""
    box = Box(service.clock) if has_box(service.settings) else None
    mailer = Mailer(service.settings, box)
    sender = Sender(service, mailer)
    service.bus.listeners.append(sender.wake_on)

    async def measure() -> None:
        async with service.database.worker() as work:
            await ledger.measure(work)

    service.assemble(
        Parts(
            answers={SendSignInCode: partial(send_sign_in_code, mailer=mailer, clock=service.clock)},
            reactions=REACTIONS,
            # The turn waits by itself, for a telling or for a second.
            jobs=[Job("send", 0.0, sender.turn), Job("ledger", MEASURE_EVERY, measure)],
            routers=[box_pages(box)],
            templates=Path(__file__).with_name("templates"),
            stop=mailer.stop,
        )
    )
