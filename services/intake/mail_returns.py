"""Whose mails come back, asked of notify: whoever refers to such a contact calls the desk instead of waiting."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from contracts.asks import ListBouncing, ListRecipients
from contracts.refusals import Refusal, ServiceAway
from contracts.viewer import Viewer
from services.runtime.process import Service

MOST = 200


async def mails_that_return(service: Service, accounts: Iterable[UUID]) -> dict[UUID, datetime]:
    """Since when, for those of these accounts whose mails come back; nothing while notify is away."""
    asked = tuple(dict.fromkeys(accounts))[:MOST]
    if not asked:
        return {}
    try:
        return (await service.bus.ask(ListBouncing(accounts=asked))).since
    except ServiceAway:
        return {}


async def phone_of_desk(service: Service, viewer: Viewer, desk: UUID) -> str | None:
    """The number of a desk, None when the directory has none or is away."""
    try:
        found = await service.bus.ask(ListRecipients(viewer=viewer))
    except Refusal:
        return None
    return next((one.phone for one in found.desks if one.desk == desk), None)
