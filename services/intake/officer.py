"""The pool under which the pages of a data protection officer read: its role reaches `officer_tables.REACH` alone, so
that a forgotten condition shows nothing more.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from contracts.viewer import Viewer
from services.intake.data_requests import deciding
from services.intake.officer_tables import ROLE
from services.runtime.database import Database, Work
from services.runtime.migrations import role_url
from services.runtime.process import Service


def officer_database(service: Service) -> Database:
    """The pool of the role `officer`; no connection is made before an officer opens a page."""
    servers = service.servers
    url = role_url(servers.database_url, servers.keys, service.name, ROLE)
    return Database(
        service.name, service.settings.territory, service.clock, web_url=url, worker_url=url, web_size=2, worker_size=1
    )


@asynccontextmanager
async def reading(request: Request, viewer: Viewer) -> AsyncIterator[Work]:
    """A transaction in which this officer reads. Refusal: RoleNotAllowed for anybody else."""
    database: Database = request.app.state.officer
    async with database.web(viewer) as work:
        deciding(work)
        yield work
