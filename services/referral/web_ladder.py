"""The delays and reminders of a desk: as threads, with who changed them, and a form that shows what a change would
have done before it is kept. Counts by desk; never a name of a person.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from fastapi import Request
from pydantic import Field, create_model
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.ladder import Audience
from contracts.refusals import Refusal
from contracts.viewer import Role, Viewer
from contracts.vocabulary import LadderReason
from services.referral import ladder_form
from services.referral import ladder_store as store
from services.referral import ladder_view as view
from services.referral.board import window_start
from services.referral.business_time import paris_day
from services.referral.desk_terms import Terms, terms_for, terms_of_all
from services.referral.ladder import Ladder
from services.referral.ladder_audiences import choices_of
from services.referral.ladder_simulation import Happened, Simulated, simulate
from services.referral.ladder_versions import TERRITORY, Ladders, Version, changed, version_on
from services.referral.web_board import COORDINATOR, names_for
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

READERS = frozenset({Role.COORDINATOR, Role.DESK_MANAGER})
MONTHS = 3
pages = Pages()


class ChangeBase(Frozen):
    """What is asked of a change besides the numbers; `follow`: the desk follows the territory again."""

    command_id: UUID
    guichet: UUID = TERRITORY
    applies_from: date
    reason: LadderReason
    follow: bool = False
    act: Literal["try", "keep"] = "try"


ChangeForm: Any = create_model(
    "ChangeForm", __base__=ChangeBase,
    **{
        one["name"]: (int | None, Field(default=None))
        for one in (*ladder_form.fields("clocks"), *ladder_form.fields("rungs"), *ladder_form.urgent_fields())
    },
    **{one["name"]: (list[Audience], Field(default=[])) for one in ladder_form.hearer_fields()},
)  # fmt: skip


@pages.get("/tableau/reperes", READERS)
async def ladder_page(request: Request, viewer: Asking, guichet: UUID | None = None) -> Response:
    """The ladder of the territory, or of one desk: what is promised, who is told when, and how it came to be."""
    desks = store.readable_desks(viewer)
    owner = guichet or (TERRITORY if desks is None else min(desks, default=TERRITORY))
    store.allow_reading(viewer, owner)
    names = await names_for(request)
    async with service_of(request).database.web(viewer) as work:
        terms, now = await terms_for(owner, work), work.now
    today = paris_day(now)
    own = terms.ladders.own if owner != TERRITORY else terms.ladders.territory
    in_force = version_on(own, today)
    known = sorted(names.network.desks if names.network else (), key=names.desk_alone)
    return request.app.state.pages.render(
        request, "ladder.html", viewer=viewer, owner=owner, territory=owner == TERRITORY,
        title=_title(owner, names.desk_alone), may_change=viewer.has(Role.COORDINATOR),
        inherits=owner != TERRITORY and (in_force is None or in_force.ladder is None),
        summary=view.summary(terms.ladder(now), territory=owner == TERRITORY),
        knots=view.overview(terms.ladder(now)),
        stages=[*view.stages(terms.ladder(now)), view.consent_stage(terms.ladders.of_territory(today))],
        versions=view.version_entries(own, names.network.accounts if names.network else {}, today, now),
        desks=[(one, names.desk_alone(one)) for one in known if desks is None or one in desks],
    )  # fmt: skip


@pages.get("/tableau/reperes/changer", COORDINATOR)
async def change_page(request: Request, viewer: Asking, guichet: UUID = TERRITORY) -> Response:
    """The form, with what holds today and what it told last month."""
    async with service_of(request).database.web(viewer) as work:
        terms, now = await terms_for(guichet, work), work.now
    values = ladder_form.values_of(terms.ladder(now)) | ladder_form.choices_shown(terms.ladder(now)) | {
        "guichet": str(guichet), "applies_from": (paris_day(now) + timedelta(days=1)).isoformat(), "reason": "",
        "command_id": str(uuid4()),
    }  # fmt: skip
    return await _form(request, viewer, guichet, values, {}, None)


@pages.post("/tableau/reperes/changer", COORDINATOR)
async def change(request: Request, viewer: Asking) -> Response:
    """First what the change would have done, then, when it is kept, a further version; nothing promised moves."""
    sent = await request.form()
    values: dict[str, Any] = {name: str(value) for name, value in sent.items()}
    values |= {one["name"]: [str(each) for each in sent.getlist(one["name"])] for one in ladder_form.hearer_fields()}
    form, errors = read(ChangeForm, sent)
    if form is None:
        return await _form(request, viewer, _owner(values), values, errors, None, 422)
    try:
        new = _version_of(form)
        async with service_of(request).database.web(viewer) as work:
            if form.act == "keep":
                await store.keep_version(viewer, work, form.command_id, new)
            else:
                store.check_version(viewer, new, work.now)
    except Refusal as refusal:
        errors = {refusal.field or "form": str(refusal)}
        return await _form(request, viewer, form.guichet, values, errors, None, refusal.status)
    if form.act == "keep":
        where = "" if form.guichet == TERRITORY else f"?guichet={form.guichet}"
        return redirect(f"/tableau/reperes{where}", "saved")
    return await _form(request, viewer, form.guichet, values, {}, new)


def _owner(values: dict[str, Any]) -> UUID:
    try:
        return UUID(values.get("guichet", ""))
    except ValueError:
        return TERRITORY


def _version_of(form: Any) -> store.NewVersion:  # noqa: ANN401 - a model made above
    follows = form.follow and form.guichet != TERRITORY
    said = {name: getattr(form, name) for name in type(form).model_fields}
    asked = ladder_form.fields("clocks", territory=form.guichet == TERRITORY)
    clocks = {one["name"]: said[one["name"]] or 0 for one in asked}
    days = ladder_form.days_of(said)
    ladder = None if follows else changed(clocks, days, choices_of(said), ladder_form.urgent_of(said))
    return store.NewVersion(form.guichet, form.applies_from, ladder, form.reason)


async def _form(
    request: Request, viewer: Viewer, owner: UUID, values: dict[str, Any], errors: Errors,
    new: store.NewVersion | None, status: int = 200,
) -> Response:
    names = await names_for(request)
    tried = await _try(request, viewer, owner, new) if new is not None else None
    return request.app.state.pages.render(
        request, "ladder_change.html", status=status, viewer=viewer, owner=owner, territory=owner == TERRITORY,
        title=_title(owner, names.desk_alone), values=values, errors=errors, reasons=LadderReason.options(),
        clocks=ladder_form.fields("clocks", territory=owner == TERRITORY), rungs=ladder_form.fields("rungs"),
        urgent=ladder_form.urgent_fields(), hearers=ladder_form.hearer_fields(),
        tried=tried and _shown(*tried, names), stages=_stages_of(new) if new else None,
    )  # fmt: skip


def _stages_of(new: store.NewVersion) -> list[dict[str, Any]] | None:
    if new.ladder is None:
        return None
    told = [view.consent_stage(new.ladder)] if new.owner == TERRITORY else []
    return [*view.stages(new.ladder), *told]


Tried = tuple[Simulated, Simulated, Simulated, Simulated]


async def _try(request: Request, viewer: Viewer, owner: UUID, new: store.NewVersion) -> Tried:
    """The last months and the last whole month, with what holds today and with the new ladder."""
    desk = None if owner == TERRITORY else owner
    async with service_of(request).database.web(viewer) as work:
        terms, now = await terms_of_all(work), work.now
        since = now - timedelta(days=30 * MONTHS)
        lives = await store.lives_between(viewer, work, since, now, desk)
    return await asyncio.to_thread(compare, lives, terms, new, now)


def compare(
    lives: Sequence[Sequence[Happened]], terms: dict[UUID, Terms], new: store.NewVersion, now: datetime
) -> Tried:
    """Today’s ladders and the new one over the last three months, then over the last whole month. Pure."""
    today = paris_day(now)
    present = _as_if_always(terms, lambda one: one.ladders.on(today))
    ladder = new.ladder or terms[TERRITORY].ladders.on(today)
    proposed = _as_if_always(terms, lambda one: ladder if _concerns(one, new.owner, today) else one.ladders.on(today))
    month, ended = window_start(now, 2), window_start(now, 1)
    since = now - timedelta(days=30 * MONTHS)
    return (
        simulate(lives, present, since, now), simulate(lives, proposed, since, now),
        simulate(lives, present, month, ended), simulate(lives, proposed, month, ended),
    )  # fmt: skip


def _concerns(one: Terms, owner: UUID, today: date) -> bool:
    """Whether a new ladder of that owner would hold at this desk: its own, or the territory’s where it has none."""
    own = version_on(one.ladders.own, today)
    return owner != TERRITORY or own is None or own.ladder is None


def _as_if_always(terms: dict[UUID, Terms], ladder_of: Callable[[Terms], Ladder]) -> Callable[[UUID], Terms]:
    """The calendars as they were, each with one ladder for all the time."""
    always = {desk: Terms(one.calendar, Ladders((_always(ladder_of(one)),))) for desk, one in terms.items()}
    return lambda desk: always.get(desk, always[TERRITORY])


def _always(ladder: Ladder) -> Version:
    return Version(TERRITORY, TERRITORY, date.min, datetime.min, ladder, TERRITORY, "")


def _shown(now: Simulated, then: Simulated, month: Simulated, month_then: Simulated, names: Any) -> dict[str, Any]:  # noqa: ANN401 - the board's Names
    return {
        "verdict": view.verdict(now, then),
        "promises": view.side_by_side(now, then),
        "desks": view.desk_rows(now, then, names),
        "told": view.told_rows(month, month_then),
    }


def _title(owner: UUID, desk_name: Callable[[UUID], str]) -> str:
    return "Tout le territoire" if owner == TERRITORY else desk_name(owner)
