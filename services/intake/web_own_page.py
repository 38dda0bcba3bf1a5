"""A person's own page, without an account: who may read what, who read it, and what she can change herself."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.actions import ConfirmOutcome, ContradictOutcome, RecordCheck
from contracts.asks import ActOnReferral, FollowUpReferral
from contracts.consent import Category
from contracts.envelope import Frozen
from contracts.refusals import NotFound, Refusal
from contracts.viewer import Viewer
from contracts.vocabulary import ConsentMethod
from services.intake.commands import NarrowConsent, WithdrawConsent
from services.intake.consent_handlers import withdraw_consent
from services.intake.consent_narrowing import narrow_consent
from services.intake.consent_rules import is_live
from services.intake.data_request_rules import Kind, Origin
from services.intake.data_requests import open_request
from services.intake.domain import end_of_grant
from services.intake.own_page_refusals import errors_to_her
from services.intake.own_page_view import (
    OwnPage,
    grant_of_hers,
    referral_of_hers,
    shown_grant,
    shown_referral,
)
from services.intake.own_page_view import own_page as read_page
from services.intake.own_page_words import ASKED
from services.intake.web import keys_of
from services.intake.web_own_page_door import HOME, outside, own_files, show, tongue_of, visitor
from services.intake.web_referral_actions import check_of
from services.intake.web_referrals import network_of, read_referral
from services.runtime.web import forms
from services.runtime.web.dates import PARIS
from services.runtime.web.guard import OPEN, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()


class Change(Frozen):
    """What becomes of an agreement: taken back whole, or kept for less."""

    command_id: UUID
    change: str
    categories: tuple[Category, ...] = ()
    rights: tuple[str, ...] = ()
    until: date | None = None


class Answer(Frozen):
    """It is so, it is not (`answer` oui or non), or what she says at a check (`check`)."""

    command_id: UUID
    answer: str
    version: int | None = None
    contacted: str = ""
    useful: str = ""
    right_open: str = ""


class Asking(Frozen):
    command_id: UUID
    kind: Kind
    words: str = ""


@pages.get("/moi/page", OPEN)
async def page(request: Request) -> Response:
    """Who may read what today, who read it, her referrals, her requests."""
    herself = await visitor(request)
    if herself is None:
        return outside()
    found, follows = await page_of(request, herself, herself.account)
    return show(request, "page.html", page=found, follows=follows, printed=False, files=await own_files(request))


async def page_of(request: Request, viewer: Viewer, person: UUID) -> tuple[OwnPage, str]:
    """The page, and who follows her by name and organisation."""
    network = await network_of(request)
    async with service_of(request).database.web(viewer) as work:
        found = await read_page(viewer, work, person, network)
    names = [network.accounts.get(found.person.referent), network.organisations.get(found.person.organisation)] if (
        network
    ) else []
    return found, ", ".join(name for name in names if name)


@pages.get("/moi/accords/{ref}", OPEN)
async def agreement(request: Request, ref: UUID) -> Response:
    """One agreement, and what can be changed about it."""
    herself = await visitor(request)
    return outside() if herself is None else await _agreement(request, herself, ref)


@pages.post("/moi/accords/{ref}", OPEN)
async def change_agreement(request: Request, ref: UUID) -> Response:
    """Take it back, or keep less of it: reading stops with this transaction."""
    herself = await visitor(request)
    if herself is None:
        return outside()
    sent = await request.form()
    form, errors = forms.read(Change, sent)
    if form is None:
        return await _agreement(request, herself, ref, errors, 422, sent)
    try:
        async with service_of(request).database.web(herself) as work:
            row = await grant_of_hers(work, herself.account, ref)
            if row is None:
                raise NotFound
            if form.change == "withdraw":
                await withdraw_consent(WithdrawConsent(command_id=form.command_id, grant=ref), work)
            else:
                until = end_of_grant(form.until, work.now, PARIS) if form.until else row.expires_at
                command = NarrowConsent(
                    command_id=form.command_id, grant=ref, categories=frozenset(form.categories),
                    rights=frozenset(form.rights), expires_at=min(until, row.expires_at),
                    method=ConsentMethod.OWN_PAGE,
                )  # fmt: skip
                await narrow_consent(command, work)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return await _agreement(request, herself, ref, errors_to_her(refusal), refusal.status, sent)
    return redirect(HOME, "withdrawn" if form.change == "withdraw" else "acted")


async def _agreement(
    request: Request, herself: Viewer, ref: UUID, errors: dict[str, str] | None = None, status: int = 200,
    sent: FormData | None = None,
) -> Response:
    """One that is over has no page; but what was refused because it is over meanwhile is said."""
    async with service_of(request).database.web(herself) as work:
        row = await grant_of_hers(work, herself.account, ref)
        live = row is not None and is_live(row, work.now)
        if row is None or not (live or errors):
            raise NotFound
        shown = shown_grant(row)
    kept = {"categories": [code for code, _ in shown["categories"]], "rights": row.rights, "until": shown["last_day"]}
    if sent is not None and sent.get("change") == "narrow":
        kept = {"categories": sent.getlist("categories"), "rights": sent.getlist("rights"), "until": sent.get("until")}
    said = tongue_of(request).categories
    shown["categories"] = [(code, said.get(Category(code), label)) for code, label in shown["categories"]]
    return show(
        request, "agreement.html", status, grant=shown, live=live, kept=kept, errors=errors or {}, command_id=uuid4()
    )


@pages.get("/moi/orientations/{ref}", OPEN)
async def outcome(request: Request, ref: UUID) -> Response:
    """What a desk says of how it ended, and whether that is so."""
    herself = await visitor(request)
    return outside() if herself is None else await _outcome(request, herself, ref)


@pages.post("/moi/orientations/{ref}", OPEN)
async def answer_outcome(request: Request, ref: UUID) -> Response:
    """It is so, or it is not: then the referral is open again and her referent is told."""
    herself = await visitor(request)
    if herself is None:
        return outside()
    form, errors = forms.read(Answer, await request.form())
    if form is None:
        return await _outcome(request, herself, ref, errors, 422)
    async with service_of(request).database.web(herself) as work:
        if await referral_of_hers(work, herself.account, ref) is None:
            raise NotFound
    try:
        await service_of(request).bus.ask(_said(form, herself, ref))
    except Refusal as refusal:
        return await _outcome(request, herself, ref, errors_to_her(refusal), refusal.status, form)
    return redirect(HOME, "acted")


def _said(form: Answer, herself: Viewer, ref: UUID) -> ActOnReferral | FollowUpReferral:
    """What she says, as the ask. Refusal: InvalidInput for a check without its answers."""
    common: dict[str, Any] = {"command_id": form.command_id, "viewer": herself, "ref": ref}
    if form.answer == "check":
        action = RecordCheck(**check_of(form.contacted, form.useful, form.right_open))
        return FollowUpReferral(**common, action=action, expected_version=form.version)
    chosen = ConfirmOutcome() if form.answer == "oui" else ContradictOutcome()
    return ActOnReferral(**common, action=chosen, expected_version=form.version)


async def _outcome(
    request: Request, herself: Viewer, ref: UUID, errors: dict[str, str] | None = None, status: int = 200,
    typed: Answer | None = None,
) -> Response:
    async with service_of(request).database.web(herself) as work:
        row = await referral_of_hers(work, herself.account, ref)
    if row is None:
        raise NotFound
    one = shown_referral(row)
    view, _ = await read_referral(request, herself, ref) if one["closed"] else (None, False)
    return show(
        request, "outcome.html", status, one=one, errors=errors or {}, command_id=uuid4(), typed=typed,
        may_check=view is not None and "record_check" in view.actions,
    )  # fmt: skip


@pages.get("/moi/demande", OPEN)
async def data_request(request: Request) -> Response:
    """Ask for a copy, a correction, an erasure, a pause, or oppose."""
    herself = await visitor(request)
    return outside() if herself is None else _data_request(request, {}, {})


@pages.post("/moi/demande", OPEN)
async def send_data_request(request: Request) -> Response:
    """Keep the request: the territory's data protection officer has a month to answer."""
    herself = await visitor(request)
    if herself is None:
        return outside()
    sent = await request.form()
    typed = {"kind": str(sent.get("kind", "")), "words": str(sent.get("words", ""))}
    form, errors = forms.read(Asking, sent)
    if form is None:
        return _data_request(request, typed, errors, 422)
    try:
        async with service_of(request).database.web(herself) as work:
            await open_request(
                work, herself.account, form.kind, Origin.PERSON_PAGE, ref=form.command_id, words=form.words,
                keys=keys_of(request),
            )  # fmt: skip
    except Refusal as refusal:
        return _data_request(request, typed, errors_to_her(refusal), refusal.status)
    return redirect(f"{HOME}#demandes", "acted")


def _data_request(request: Request, typed: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    t = tongue_of(request)
    kinds = [(kind.value, t(label), t(hint)) for kind, (label, hint) in ASKED.items()]
    context: dict[str, Any] = {"kinds": kinds, "typed": {"kind": "", "words": "", **typed}, "command_id": uuid4()}
    return show(request, "data_request.html", status, errors=errors, **context)
