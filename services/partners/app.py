"""The partners service put together: what it answers, what it reacts to and its pages."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from contracts.asks import (
    CheckDeskMember,
    DescribeNetwork,
    ListRecipients,
    ResolveAddress,
    ResolveRecipient,
    ResolveViewer,
)
from contracts.replies import ViewerFound
from services.partners import handlers, recipients, web, web_actions, web_api, web_desk, web_network
from services.partners.sessions import Sessions
from services.partners.subscribers import REACTIONS
from services.runtime.bus import Answer
from services.runtime.database import Work
from services.runtime.process import Parts, Service


def build(service: Service) -> None:
    """Wire the service."""
    sessions = Sessions(service)

    async def resolve_viewer(ask: ResolveViewer) -> ViewerFound:
        return ViewerFound(viewer=await sessions.resolve(ask.session))

    service.assemble(
        Parts(
            answers={
                ResolveViewer: resolve_viewer,
                ListRecipients: _read(service, recipients.list_recipients),
                ResolveRecipient: _read(service, recipients.resolve_recipient),
                ResolveAddress: _read(service, handlers.resolve_address),
                DescribeNetwork: _read(service, handlers.describe_network),
                CheckDeskMember: _read(service, handlers.check_desk_member),
            },
            reactions=REACTIONS,
            routers=[one.pages.router for one in (web, web_network, web_desk, web_actions, web_api)],
            templates=Path(__file__).with_name("templates"),
            resolve_viewer=sessions.resolve,
            stop=web.mails_left,
        )
    )
    assert service.app is not None
    service.app.state.sessions = sessions


def _read(service: Service, handler: Callable[[Any, Work], Awaitable[BaseModel]]) -> Answer:
    async def answer(ask: Any) -> BaseModel:  # noqa: ANN401 - the ask that this handler takes
        async with service.database.web(getattr(ask, "viewer", None)) as work:
            return await handler(ask, work)

    return answer
