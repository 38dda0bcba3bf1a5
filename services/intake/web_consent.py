"""The pages on which a person's agreement is recorded, her refusal too, and taken back."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.asks import ListRecipients
from contracts.consent import Category
from contracts.envelope import Frozen
from contracts.refusals import InvalidInput, Refusal, ServiceAway
from contracts.replies import DeskOption
from contracts.rights import catalogue, right_name
from contracts.viewer import Viewer
from contracts.vocabulary import ConsentMethod, Language, Purpose
from services.intake import store
from services.intake.commands import AskedDesk, RecordConsent, RefuseConsent, WithdrawConsent
from services.intake.consent_handlers import record_consent, refuse_consent, withdraw_consent
from services.intake.domain import DEFAULT_CATEGORIES, DEFAULT_GRANT_AGE, end_of_grant
from services.intake.dossier import short_name
from services.intake.notice import CURRENT, notice
from services.intake.web import REFERENTS, errors_of, keys_of, show_form, typed_in
from services.intake.web_file import file_context, title_of
from services.runtime.database import Work
from services.runtime.web import forms
from services.runtime.web.dates import PARIS
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
_HINTS = {
    Category.IDENTITY_MIN: "«\u202fMme K., 34 ans\u202f»",
    Category.RIGHT_STATUS: "Pourquoi ce droit est possible",
    Category.NEED_SUMMARY: "Le message que vous écrirez en confiant",
}


class ConsentForm(Frozen):
    """The form of an agreement; `answer` is the button: oui or non. Lists are checked by the rule, not by the form."""

    command_id: UUID
    answer: str
    desk: UUID
    contact: UUID | None = None
    purpose: Purpose
    categories: tuple[Category, ...] = ()
    rights: tuple[str, ...] = ()
    until: date | None = None
    method: ConsentMethod = ConsentMethod.ORAL_IN_PERSON
    language: Language = Language.FR
    interpreter: bool = False
    read_back: bool = False
    notice_version: str = CURRENT
    notice_read: bool = False


class WithdrawalForm(Frozen):
    command_id: UUID


@dataclass(frozen=True)
class _Asked:
    """What the form is about: the person, the rights she may have, and the desks one can ask her about."""

    ref: UUID
    title: str
    short: str
    rights: list[tuple[str, str]]
    desks: tuple[DeskOption, ...]
    away: bool
    until: date
    latest: date

    def options(self) -> dict[str, Any]:
        """The choices of the form."""
        known = [code for code, _ in self.rights]
        useful = sorted(self.desks, key=lambda one: (not set(one.rights) & set(known), one.organisation_name))
        contacts = [
            (str(contact.account), f"{contact.name}, {one.desk_name}") for one in useful for contact in one.contacts
        ]
        return {
            "desks": [(str(one.desk), f"{one.organisation_name}, {one.desk_name}") for one in useful],
            "contacts": contacts,
            "purposes": Purpose.options(),
            "categories": [(one.value, one.label, _HINTS.get(one)) for one in Category],
            "rights": self.rights,
            "methods": ConsentMethod.options(),
            "languages": Language.options(),
        }


async def _asked(request: Request, viewer: Viewer, ref: UUID) -> _Asked:
    async with service_of(request).database.web(viewer) as work:
        person = await store.person_of(viewer, work, ref)
        codes = dict.fromkeys(row.right for row in await store.presumed_rights(viewer, work, ref))
        title, today = title_of(person, work), work.now.astimezone(PARIS).date()
        until = (work.now.astimezone(PARIS) + DEFAULT_GRANT_AGE).date()
    away, desks = False, ()
    try:
        desks = (await service_of(request).bus.ask(ListRecipients(viewer=viewer))).desks  # type: ignore[assignment]
    except ServiceAway:
        away = True
    rights = [(code, right_name(code)) for code in codes]
    return _Asked(ref, title, short_name(person), rights, desks, away, until, today)


def _show(
    request: Request, viewer: Viewer, asked: _Asked, typed: dict[str, Any], errors: dict[str, str], status: int = 200
) -> Response:
    options = asked.options()
    if asked.away and typed.get("desk"):  # nothing can be offered, and what was chosen is kept
        options["desks"] = [(typed["desk"], "Le guichet que vous avez choisi")]
        options["contacts"] = [(typed["contact"], "Le contact que vous avez choisi")] if typed.get("contact") else []
    context = {"options": options, "ref": asked.ref, "title": asked.title, "short": asked.short}
    return show_form(
        request, "consent.html", viewer, typed, errors, status, away=asked.away, notice=notice(), **context
    )


@pages.get("/personnes/{ref}/accord", REFERENTS)
async def consent(
    request: Request, viewer: Asking, ref: UUID, guichet: UUID | None = None, droit: str | None = None
) -> Response:
    """The form of an agreement, with the desk and the right that one comes for already chosen."""
    asked = await _asked(request, viewer, ref)
    codes = [code for code, _ in asked.rights]
    right = droit if droit in codes else None
    desk = guichet or _likely_desk(asked, right)
    typed = {
        "desk": str(desk) if desk else "",
        "purpose": Purpose.OPEN_RIGHT.value,
        "categories_all": [one.value for one in DEFAULT_CATEGORIES[Purpose.OPEN_RIGHT]],
        "rights_all": [right] if right else codes,
        "until": asked.until.isoformat(),
        "method": ConsentMethod.ORAL_IN_PERSON.value,
        "language": Language.FR.value,
        "back_to": right or "",
    }
    return _show(request, viewer, asked, typed, {})


def _likely_desk(asked: _Asked, right: str | None) -> UUID | None:
    able = [one for one in asked.desks if right in one.rights and one.open]
    return able[0].desk if len(able) == 1 else None


@pages.post("/personnes/{ref}/accord", REFERENTS)
async def answer_consent(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Record that the person accepts, or that she refuses."""
    sent = await request.form()
    asked = await _asked(request, viewer, ref)
    form, errors = forms.read(ConsentForm, sent)
    status = 422
    if form is not None:
        try:
            return await _record(request, viewer, asked, form, str(sent.get("back_to", "")))
        except Refusal as refusal:
            errors, status = errors_of(refusal), refusal.status
    return _show(request, viewer, asked, typed_in(sent), errors, status)


async def _record(request: Request, viewer: Viewer, asked: _Asked, form: ConsentForm, back_to: str) -> Response:
    if asked.away:
        raise ServiceAway
    desk = next((one for one in asked.desks if one.desk == form.desk), None)
    if desk is None:
        raise InvalidInput(field="desk", reason="Choisissez un guichet de la liste.")
    to = AskedDesk.model_validate(desk.model_dump())
    said = form.model_dump(include={"command_id", "purpose", "method", "language", "notice_version"})
    async with service_of(request).database.web(viewer) as work:
        if form.answer != "oui":
            await refuse_consent(RefuseConsent(person=asked.ref, to=to, **said), work)
            return redirect(f"/personnes/{asked.ref}", "saved")
        await record_consent(_command(form, asked, desk, to, said, work), work)
    onward = f"/personnes/{asked.ref}/confier?droit={back_to}" if back_to in catalogue() else f"/personnes/{asked.ref}"
    return redirect(onward, "saved")


def _command(
    form: ConsentForm, asked: _Asked, desk: DeskOption, to: AskedDesk, said: dict[str, Any], work: Work
) -> RecordConsent:
    if not form.notice_read:
        raise InvalidInput(field="notice_read", reason="Lisez la notice avec la personne, puis cochez.")
    if form.until is None:
        raise InvalidInput(field="until", reason="Indiquez jusqu’à quand.")
    if form.contact is not None and form.contact not in {one.account for one in desk.contacts}:
        raise InvalidInput(field="contact", reason="Ce contact n’est pas de ce guichet.")
    return RecordConsent(
        person=asked.ref,
        to=to,
        contact=form.contact,
        categories=frozenset(form.categories),
        rights=frozenset(form.rights),
        expires_at=end_of_grant(form.until, work.now, PARIS),
        interpreter=form.interpreter,
        read_back=form.read_back,
        **said,
    )


@pages.get("/personnes/{ref}/accords/{grant}/retrait", REFERENTS)
async def withdrawal(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """What taking this agreement back will end, before it is done."""
    async with service_of(request).database.web(viewer) as work:
        row = await store.grant_of(viewer, work, grant)
        found = file_context(await store.person_file(viewer, work, row.person), viewer, work, keys_of(request))
        resting = {one.ref for one in await store.resting_on(viewer, work, grant)}
    shown = next(one for one in found["live"] + found["ended"] if one["ref"] == grant)
    ends = [one for one in found["referrals"] if UUID(one["href"].rsplit("/", 1)[1]) in resting]
    context = {"ref": ref, "title": found["title"], "short": found["short"], "grant": shown, "ends": ends}
    return show_form(request, "consent_withdrawal.html", viewer, {}, {}, **context)


@pages.post("/personnes/{ref}/accords/{grant}/retrait", REFERENTS)
async def withdraw(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """Take an agreement back: reading stops with this transaction."""
    form, errors = forms.read(WithdrawalForm, await request.form())
    if form is None:
        raise InvalidInput(reason=next(iter(errors.values())))
    async with service_of(request).database.web(viewer) as work:
        person = await withdraw_consent(WithdrawConsent(command_id=form.command_id, grant=grant), work)
    return redirect(f"/personnes/{person}", "withdrawn")
