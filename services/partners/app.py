"""The partners service put together: what it answers, what it reacts to and its pages."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from contracts.asks import (
    CheckDeskMember,
    DescribeNetwork,
    FindAudience,
    ListAbsences,
    ListConventions,
    ListRecipients,
    ResolveAddress,
    ResolveRecipient,
    ResolveViewer,
)
from contracts.replies import ViewerFound
from services.partners import (
    absences,
    conventions,
    handlers,
    recipients,
    web,
    web_absences,
    web_account,
    web_actions,
    web_admin,
    web_admin_members,
    web_api,
    web_appointments,
    web_bulk,
    web_components,
    web_conventions,
    web_desk,
    web_desk_settings,
    web_directory,
    web_erasure,
    web_help,
    web_import,
    web_import_rows,
    web_network,
    web_passkey,
    web_password,
    web_permanences,
    web_presence,
    web_proconnect,
    web_queue,
    web_setup,
    web_sign_in_policy,
)
from services.partners.convention_ends import LOOK_EVERY, announce_ends
from services.partners.domain import today_in_paris
from services.partners.entering import SignInParts
from services.partners.import_applying import IMPORTS_EVERY, apply_imports
from services.partners.subscribers import REACTIONS
from services.partners.working_days import is_holiday
from services.runtime.bus import Answer
from services.runtime.database import Work
from services.runtime.jobs import Job
from services.runtime.process import Parts, Service

# Twice a day, so that a new year is there when it begins.
CALENDAR_EVERY = 43_200.0
# `/bureau/{ref}/effacement` comes before the actions of the life cycle, `/annuaire/import` before an organisation.
PAGES = (
    web,
    web_components,
    web_help,
    web_network,
    web_conventions,
    web_directory,
    web_import,
    web_import_rows,
    web_admin,
    web_admin_members,
    web_desk_settings,
    web_permanences,
    web_absences,
    web_queue,
    web_bulk,
    web_desk,
    web_presence,
    web_erasure,
    web_appointments,
    web_actions,
    web_api,
    web_account,
    web_passkey,
    web_password,
    web_proconnect,
    web_setup,
    web_sign_in_policy,
)


def build(service: Service) -> None:
    """Wire the service."""
    parts = SignInParts(service)
    sessions = parts.sessions

    async def resolve_viewer(ask: ResolveViewer) -> ViewerFound:
        return ViewerFound(viewer=await sessions.resolve(ask.session))

    async def calendar() -> None:
        # Seconds on a busy machine, in which the whole process would stand still: so before anything is answered, or
        # the first to ask for the desks is told that the directory is away (an ask waits 5 s).
        await asyncio.to_thread(is_holiday, today_in_paris(service.clock()))

    service.assemble(
        Parts(
            answers={
                ResolveViewer: resolve_viewer,
                ListRecipients: _read(service, recipients.list_recipients),
                ResolveRecipient: _read(service, recipients.resolve_recipient),
                FindAudience: _read(service, handlers.find_audience),
                ResolveAddress: _read(service, handlers.resolve_address),
                DescribeNetwork: _read(service, handlers.describe_network),
                CheckDeskMember: _read(service, handlers.check_desk_member),
                ListConventions: _read(service, conventions.list_conventions),
                ListAbsences: _read(service, absences.list_absences),
            },
            reactions=REACTIONS,
            jobs=[
                Job("imports", IMPORTS_EVERY, lambda: apply_imports(service.database)),
                Job("calendar", CALENDAR_EVERY, calendar),
                Job("convention_ends", LOOK_EVERY, lambda: announce_ends(service.database)),
            ],
            routers=[one.pages.router for one in PAGES],
            templates=Path(__file__).with_name("templates"),
            resolve_viewer=sessions.resolve,
            prepare=calendar,
            stop=web.mails_left,
        )
    )
    assert service.app is not None
    service.app.state.sessions, service.app.state.sign_in = sessions, parts


def _read(service: Service, handler: Callable[[Any, Work], Awaitable[BaseModel]]) -> Answer:
    async def answer(ask: Any) -> BaseModel:  # noqa: ANN401 - the ask that this handler takes
        async with service.database.web(getattr(ask, "viewer", None)) as work:
            return await handler(ask, work)

    return answer
