"""The DPO's page of retention: how long what is kept, what would go tonight, and what went the last nights."""

from typing import Any

from fastapi import Request
from sqlmodel import col, select
from starlette.responses import Response

from services.intake.erasing_tables import RetentionRun
from services.intake.retention import AGES, PERSONS, WHAT, chosen, said, would_go
from services.intake.web import DPO
from services.runtime.web.dates import day
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages()
NIGHTS = 30


@pages.get("/demandes/conservation", DPO)
async def retention(request: Request, viewer: Asking) -> Response:
    """Ages, tonight and the last nights: counts by kind, and nobody's name."""
    service = service_of(request)
    tonight = await would_go(service)
    async with service.database.web(viewer) as work:
        query = select(RetentionRun).order_by(col(RetentionRun.night).desc()).limit(NIGHTS)
        runs = [_run(one) for one in (await work.session.exec(query)).all()]
    ages = [
        *chosen(service.settings),
        ("Faits sur le bus (références)", "30 jours"),
        *((age.what, said(age.days)) for age in AGES),
    ]
    response: Response = request.app.state.pages.render(
        request,
        "retention.html",
        viewer=viewer,
        ages=ages,
        persons=tonight.counts[PERSONS],
        tonight=[(WHAT[kind], str(count)) for kind, count in tonight.counts.items() if count],
        runs=runs,
    )
    return response


def _run(one: RetentionRun) -> tuple[str, str, str]:
    went = [f"{WHAT.get(kind, kind)}\u202f: {count}" for kind, count in one.counts.items() if count]
    state: Any = "; ".join(went) or "Rien n’était au terme" if one.ended_at else "Interrompue ou en cours"
    return day(one.night), str(one.counts.get(PERSONS, 0)), state
