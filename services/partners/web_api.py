"""The same desk for a partner's own software: the list, one item, and the same actions, decided by the same
authority.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from pydantic import BaseModel, Field

from contracts.actions import Action
from contracts.asks import ActOnReferral, WriteNote
from contracts.consent import Disclosure
from contracts.lifecycle import State
from contracts.replies import ReferralState
from contracts.vocabulary import HandoverMode, Outcome, Turn
from services.partners import store
from services.partners.desk_counts import count_ended, counts_of, open_groups
from services.partners.disclosures import Readings, read_disclosures
from services.partners.domain import Tab
from services.partners.tables import DeskItem
from services.partners.wanted import Wanted
from services.partners.web_desk import AT_DESK
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages(tags=["desk"])


class Item(BaseModel):
    """A referral at a desk. `disclosure` is what may be read of the person now, `refusal` why it may not, and both
    are null when that could not be asked.
    """

    ref: UUID
    organisation: UUID
    desk: UUID
    assignee: UUID
    right: str
    mode: HandoverMode
    urgent: bool
    accompanied: bool
    sender_organisation: UUID
    sender: UUID
    state: State
    turn: Turn | None
    next_due: datetime | None
    acknowledge_due: datetime | None
    contact_due: datetime | None
    promised_for: date | None
    episode: int
    version: int
    attempts: int
    outcome: Outcome | None
    redirect_proposed: bool
    received_at: datetime
    moved_at: datetime
    viewed_at: datetime | None
    ended_at: datetime | None
    disclosure: Disclosure | None = None
    refusal: dict[str, Any] | None = None


class Items(BaseModel):
    """One page of 30 items, and how many each view has."""

    items: list[Item]
    counts: dict[Tab, int]
    page: int


class ActRequest(BaseModel):
    """One action of the life cycle. The same `command_id` again is the same command."""

    action: Action
    command_id: UUID = Field(default_factory=uuid4)
    expected_version: int | None = None


class QuestionRequest(BaseModel):
    """The text of a question; the note it answers with goes into `request_information`.

    `confirmed` keeps a text that speaks of health or of somebody else (refusal `free-text-to-confirm`).
    """

    text: str = Field(min_length=1, max_length=500)
    confirmed: bool = False
    command_id: UUID = Field(default_factory=uuid4)


class QuestionKept(BaseModel):
    """The reference of the question."""

    note: UUID


@pages.get("/api/desk/items", AT_DESK, response_model=Items)
async def list_desk_items(
    request: Request, viewer: Asking, view: Tab = Tab.TO_ANSWER, mine: bool = False, page: int = 1
) -> Items:
    """The items of the caller's desks."""
    service, page = service_of(request), max(1, min(page, 10_000))
    async with service.database.web(viewer) as work:
        wanted = Wanted(view, mine)
        counts = counts_of(await open_groups(viewer, work), await count_ended(viewer, wanted, work), wanted)
        items = await store.list_items(viewer, wanted, work, page=page)
    readings = await read_disclosures(viewer, service, [one.ref for one in items])
    return Items(items=[_item(one, readings) for one in items], counts=counts.tabs, page=page)


@pages.get("/api/desk/items/{ref}", AT_DESK, response_model=Item)
async def read_desk_item(request: Request, viewer: Asking, ref: UUID) -> Item:
    """One item; the first reading is told to the sender's side."""
    service = service_of(request)
    async with service.database.web(viewer) as work:
        item = await store.read_item(viewer, ref, work)
        await store.mark_viewed(viewer, item, work)
    return _item(item, await read_disclosures(viewer, service, [ref]))


@pages.post("/api/desk/items/{ref}/actions", AT_DESK, response_model=ReferralState)
async def act_on_desk_item(request: Request, viewer: Asking, ref: UUID, body: ActRequest) -> ReferralState:
    """Start an action; the answer is the new state, or the refusal of whoever decides."""
    service = service_of(request)
    async with service.database.web(viewer) as work:
        await store.read_item(viewer, ref, work)
    return await service.bus.ask(
        ActOnReferral(
            viewer=viewer,
            ref=ref,
            action=body.action,
            expected_version=body.expected_version,
            command_id=body.command_id,
        )
    )


@pages.post("/api/desk/items/{ref}/questions", AT_DESK, response_model=QuestionKept)
async def keep_question(request: Request, viewer: Asking, ref: UUID, body: QuestionRequest) -> QuestionKept:
    """Keep the text of a question to the referent, before asking it with `request_information`."""
    service = service_of(request)
    async with service.database.web(viewer) as work:
        await store.read_item(viewer, ref, work)
    written = await service.bus.ask(
        WriteNote(
            viewer=viewer,
            referral=ref,
            kind="question",
            text=body.text,
            confirmed=body.confirmed,
            command_id=body.command_id,
        )
    )
    return QuestionKept(note=written.note)


def _item(item: DeskItem, readings: Readings) -> Item:
    row = readings.of(item.ref)
    return Item(
        **{name: getattr(item, name) for name in DeskItem.model_fields if name != "territory"},
        disclosure=row.disclosure if row else None,
        refusal=row.refusal if row else None,
    )
