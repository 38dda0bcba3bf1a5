"""The notices: every published version, each at its own public address, and the page on which the next is prepared."""

from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import InvalidInput, NotFound, Refusal
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Language
from services.intake.notice import OWN_NAMES, Notice, current_of, every_notice, find_notice
from services.intake.notice_publishing import WriteDraft, find_draft, list_drafts, publish_draft, write_draft
from services.intake.web import DPO, errors_of, typed_in
from services.runtime.web import forms
from services.runtime.web.guard import OPEN, Asking, Pages, service_of, viewer_or_none
from services.runtime.web.pages import redirect

pages = Pages()
READERS = frozenset({Role.REFERENT, Role.DPO})
_LANGUAGES = [(one.value, one.label) for one in Language if one.value in OWN_NAMES]


class DraftForm(Frozen):
    language: Language
    body: str


@pages.get("/notices", READERS)
async def notices(request: Request, viewer: Asking) -> Response:
    """What is read to people now, in each language, and what was read before."""
    officer = viewer.has(Role.DPO)
    async with service_of(request).database.web(viewer) as work:
        known = await every_notice(work)
        drafts = await list_drafts(viewer, work) if officer else []
    current = current_of(known)
    response: Response = request.app.state.pages.render(
        request,
        "notices.html",
        viewer=viewer,
        current=[_row(one, current) for one in current.values()],
        missing=[label for code, label in _LANGUAGES if code not in current],
        former=[_row(one, current) for one in known if one.version != current[one.language].version],
        drafts=[
            {"href": f"/notices/brouillons/{one.ref}", "language": Language(one.language).label, "at": one.written_at}
            for one in drafts
        ],
        officer=officer,
    )
    return response


def _row(one: Notice, current: dict[str, Notice]) -> dict[str, Any]:
    french = current[Language.FR.value]
    return {
        "href": f"/notices/{one.version}",
        "version": one.version,
        "language": Language(one.language).label if one.language in set(Language) else one.language,
        "title": one.title,
        "lang": one.lang,
        "direction": one.direction,
        "published_at": one.published_at,
        "shipped": one.shipped,
        "digest": one.digest[:12],
        "behind": one.version == current[one.language].version and one.published_at < french.published_at,
        "prepare": f"/notices/brouillons/nouveau?langue={one.language}",
    }


@pages.get("/notices/{version}", OPEN)
async def notice_page(request: Request, version: str) -> Response:
    """One version in its exact words, for anybody: the address is on the receipt."""
    viewer = await viewer_or_none(request)
    async with service_of(request).database.web(viewer) as work:
        try:
            found = await find_notice(work, version)
        except InvalidInput:
            raise NotFound from None
        current = current_of(await every_notice(work))
    newest = current.get(found.language, found)
    response: Response = request.app.state.pages.render(
        request,
        "notice_text.html",
        viewer=viewer,
        notice=found,
        newest=newest if newest.version != found.version else None,
        others=[one for one in current.values() if one.language != found.language],
        reader=viewer is not None and viewer.has(*READERS),
    )
    return response


@pages.get("/notices/brouillons/nouveau", DPO)
async def new_draft(request: Request, viewer: Asking, langue: str = Language.FR.value) -> Response:
    """The form of the next version of a language, with the words of the present one."""
    language = langue if langue in OWN_NAMES else Language.FR.value
    async with service_of(request).database.web(viewer) as work:
        current = current_of(await every_notice(work))
    text = current[language].body if language in current else ""
    return _form(request, viewer, current, {"ref": str(uuid4()), "language": language, "body": text}, {})


@pages.get("/notices/brouillons/{ref}", DPO)
async def draft_page(request: Request, viewer: Asking, ref: UUID) -> Response:
    """A kept draft, to change or to publish."""
    async with service_of(request).database.web(viewer) as work:
        draft = await find_draft(viewer, work, ref)
        current = current_of(await every_notice(work))
    typed = {"ref": str(draft.ref), "language": draft.language, "body": draft.body}
    return _form(request, viewer, current, typed, {}, kept=True)


@pages.post("/notices/brouillons/{ref}", DPO)
async def keep_draft(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Keep the draft, or publish it: then it is dated and never changes again."""
    sent = await request.form()
    typed = {**typed_in(sent), "ref": str(ref)}
    form, errors = forms.read(DraftForm, sent)
    status = 422
    if form is not None:
        try:
            async with service_of(request).database.web(viewer) as work:
                await write_draft(WriteDraft(ref=ref, language=form.language, body=form.body), work, viewer)
                if sent.get("action") == "publish":
                    if not sent.get("reread"):
                        raise InvalidInput(field="reread", reason="Relisez ou faites relire, puis cochez.")
                    made = await publish_draft(ref, work, viewer)
                    return redirect(f"/notices/{made.version}", "published")
            return redirect(f"/notices/brouillons/{ref}", "saved")
        except Refusal as refusal:
            errors, status = errors_of(refusal), refusal.status
    async with service_of(request).database.web(viewer) as work:
        current = current_of(await every_notice(work))
    return _form(request, viewer, current, typed, errors, status)


def _form(
    request: Request,
    viewer: Viewer,
    current: dict[str, Notice],
    typed: dict[str, Any],
    errors: dict[str, str],
    status: int = 200,
    kept: bool = False,
) -> Response:
    language = typed.get("language") or Language.FR.value
    response: Response = request.app.state.pages.render(
        request,
        "notices_draft.html",
        status=status,
        viewer=viewer,
        typed=typed,
        errors=errors,
        kept=kept,
        languages=_LANGUAGES,
        present=current.get(language),
        in_french=current[Language.FR.value] if language != Language.FR.value else None,
    )
    return response
