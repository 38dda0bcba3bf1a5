"""The page of the reminders: what was due each day and what became of it, how the providers stand, whose mail comes
back. Counts, and the names of professionals; nobody accompanied is in it.
"""

from fastapi import Request
from starlette.responses import Response

from contracts.asks import DescribeNetwork
from contracts.refusals import ServiceAway
from contracts.viewer import Role
from services.notify import ledger_words, store
from services.notify.domain import State
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages()
LEDGER_READERS = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})


@pages.get("/rappels", LEDGER_READERS)
async def show_ledger(request: Request, viewer: Asking) -> Response:
    """The ledger of the last fourteen days: what was due, what became of it, and why."""
    service = service_of(request)
    async with service.database.web(viewer) as work:
        found, beat, now = await store.ledger_lines(viewer, work), await store.last_beat(viewer, work), work.now
        channels, back = await store.channel_states(viewer, work), await store.bouncing(viewer, work)
    lines = [(one.day, one.kind, one.state, one.reason, one.count) for one in found]
    return request.app.state.pages.render(
        request,
        "rappels.html",
        viewer=viewer,
        alarm=ledger_words.alarm(beat, now),
        beat=beat,
        days=[(day, one.cells()) for day, one in ledger_words.days_of(lines)],
        kinds=[[sentence, *one.cells()] for sentence, one in ledger_words.kinds_of(lines)],
        dropped=ledger_words.reasons_of(lines, State.SUPPRESSED),
        waiting=ledger_words.reasons_of(lines, State.PENDING),
        failed=ledger_words.reasons_of(lines, State.FAILED),
        channels=channels,
        repeated=ledger_words.repeated(sum(one.repeats for one in found)),
        back=await _named(request, back) if back else [],
    )


async def _named(request: Request, back: list[store.ComesBack]) -> list[tuple[str, store.ComesBack]]:
    try:
        names = (await service_of(request).bus.ask(DescribeNetwork())).accounts
    except ServiceAway:
        names = {}
    return sorted(((names.get(one.account, "Un contact"), one) for one in back), key=lambda one: one[0])
