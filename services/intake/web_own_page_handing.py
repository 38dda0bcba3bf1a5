"""The referent's side of a person's own page: make the link, hand its code over once, print the page, end it."""

from typing import Any
from uuid import UUID

from fastapi import Request
from markupsafe import Markup
from starlette.responses import Response

from contracts.refusals import InvalidInput, NotAtThisHour, NoTextMessage, NotFound, Refusal
from contracts.viewer import Viewer
from services.intake import caseload, journal, own_page, own_page_sms, store
from services.intake.caseload_gate import PersonPages
from services.intake.journal_kinds import Kind, Thing
from services.intake.own_page_languages import tongue
from services.intake.own_page_rules import in_groups, is_open
from services.intake.united_files import files_of
from services.intake.web import REFERENTS, keys_of
from services.intake.web_file import title_of
from services.intake.web_own_page import page_of
from services.intake.web_own_page_door import template_of
from services.runtime.database import Work
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()


@pages.get("/personnes/{ref}/sa-page", REFERENTS)
async def her_page(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Whether a link is open, until when, and what can be done."""
    return await _link_page(request, viewer, ref)


async def _link_page(request: Request, viewer: Viewer, ref: UUID, refusal: Refusal | None = None) -> Response:
    channels = await own_page_sms.channels(service_of(request))
    async with service_of(request).database.web(viewer) as work:
        context = await _context(viewer, work, ref, channels)
    response: Response = request.app.state.pages.render(
        request, "own_page/link.html", viewer=viewer, status=refusal.status if refusal else 200,
        refusal=str(refusal) if refusal else None, **context,
    )  # fmt: skip
    return response


@pages.post("/personnes/{ref}/sa-page", REFERENTS)
async def make_link(request: Request, viewer: Asking, ref: UUID) -> Response:
    """A new link: the answer is the sheet to hand over, and the only time that the code is shown.

    By text message, where she asked for it: the code goes to her phone, and is on the sheet if it did not leave.
    """
    service, keys = service_of(request), keys_of(request)
    by_sms = (await request.form()).get("handed") == own_page.Handed.SMS
    handed = own_page.Handed.SMS if by_sms else own_page.Handed.IN_PERSON
    try:
        async with service.database.web(viewer) as work:
            phone = await own_page_sms.phone_now(viewer, work, ref, keys) if by_sms else None
            made = await own_page.make_link(viewer, ref, work, keys, service.settings.own_page_days, handed)
            context = await _context(viewer, work, ref)
    except (NoTextMessage, NotAtThisHour, InvalidInput) as refusal:
        return await _link_page(request, viewer, ref, refusal)
    left = phone is not None and await own_page_sms.send_code(service, phone, in_groups(made.code))
    site = (service.settings.public_url or str(request.base_url)).rstrip("/")
    address = f"{site}/moi/r/{made.link.address}"
    return request.app.state.pages.render(
        request, template_of("sheet.html"), viewer=viewer, address=f"{site}/moi",
        reference=in_groups(made.link.address), code=None if left else in_groups(made.code), by_phone=by_sms,
        picture=_square(address), **context,
    )  # fmt: skip


@pages.post("/personnes/{ref}/sa-page/fin", REFERENTS)
async def end_link(request: Request, viewer: Asking, ref: UUID) -> Response:
    """End the link, and every visit that it opened."""
    async with service_of(request).database.web(viewer) as work:
        await own_page.end_links(viewer, ref, work)
    return redirect(f"/personnes/{ref}/sa-page", "acted")


@pages.get("/personnes/{ref}/sa-page/papier", REFERENTS)
async def print_page(request: Request, viewer: Asking, ref: UUID, dossier: UUID | None = None) -> Response:
    """Her page as it is today, on paper; `dossier` is another file of hers, which was merged into this one."""
    async with service_of(request).database.web(viewer) as work:
        await caseload.open_person(viewer, work, ref)
        file = dossier or ref
        if file not in await files_of(work, ref):
            raise NotFound
        await journal.record(work, viewer, Kind.PRINTED, object=Thing.PERSON, ref=file, person=file)
    found, follows = await page_of(request, viewer, file)
    return request.app.state.pages.render(
        request, template_of("page.html"), viewer=viewer, page=found, follows=follows, printed=True, files=(),
        t=tongue(found.person.language),
    )


async def _context(viewer: Viewer, work: Work, ref: UUID, channels: tuple[str, ...] = ()) -> dict[str, Any]:
    person = await caseload.open_person(viewer, work, ref)
    link = await own_page.link_of(viewer, ref, work)
    merged = await store.merged_into(viewer, work, ref)
    opens = link is not None and is_open(link.expires_at, link.ended_at, link.wrong, work.now)
    return {
        "ref": ref,
        "title": title_of(person, work),
        "merged": list(merged.values()),
        "link": link,
        "is_open": opens,
        "tries_left": own_page.tries_left(link) if link else 0,
        "ways": own_page.ways_to_hand(channels, phone_known=person.phone is not None),
        "by_sms": own_page.Handed.SMS,
        "sends_texts": "sms" in channels,
    }


def _square(address: str) -> Markup:
    """The address as a QR code, inline: black on white in every colour scheme."""
    import segno

    code = segno.make(address, micro=False, error="m")
    return Markup(code.svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=True))
