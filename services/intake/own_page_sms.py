"""The code of a person's own page by text message: only when she asks, to her own number, at the hours she gave."""

from uuid import UUID

from contracts.asks import CheckReminders, SendPersonCode
from contracts.refusals import InvalidInput, Refusal, ServiceAway
from contracts.viewer import Viewer
from services.intake import store
from services.intake.contact_rules import check_text_message, rules_of
from services.intake.person_keys import PersonKeys
from services.runtime.database import Work
from services.runtime.process import Service


async def channels(service: Service) -> tuple[str, ...]:
    """What can carry a code beside a sheet of paper; nothing while notify is away."""
    try:
        return ("sms",) if (await service.bus.ask(CheckReminders(alarm=False))).texts else ()
    except ServiceAway:
        return ()


async def phone_now(viewer: Viewer, work: Work, person: UUID, keys: PersonKeys) -> tuple[str, str]:
    """Her number and her language, if she may be written to now.

    Refusals: NotFound, InvalidInput (no number is noted), NoTextMessage, NotAtThisHour.
    """
    found = await store.person_of(viewer, work, person)
    phone = keys.open(found.ref, "phone", found.phone)
    if phone is None:
        raise InvalidInput(field="handed", reason="Aucun téléphone n’est noté.")
    check_text_message(rules_of(found, keys), work.now)
    return phone, found.language


async def send_code(service: Service, to: tuple[str, str], code: str) -> bool:
    """Whether the code left. Asked after the link was made: a link whose code did not leave still has its sheet."""
    try:
        return (await service.bus.ask(SendPersonCode(phone=to[0], language=to[1], code=code))).accepted
    except Refusal:
        return False
