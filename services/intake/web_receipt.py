"""The receipt of an agreement: a page to print (A5), a file to open, a PDF; and the button that says she has it."""

from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import InvalidInput
from contracts.viewer import Viewer
from services.intake.caseload_gate import PersonPages
from services.intake.commands import GiveReceipt
from services.intake.consent_handlers import give_receipt
from services.intake.consent_state import ReceiptWay
from services.intake.receipt import Receipt, receipt_of
from services.intake.receipt_pdf import can_be_pdf, pairs_of, receipt_pdf
from services.intake.web import REFERENTS, show_form
from services.intake.web_consent_page import Opened, open_grant
from services.intake.web_referrals import network_of
from services.runtime.web import forms
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect
from services.runtime.web.shell import STATIC

pages = PersonPages()


class ReceiptForm(Frozen):
    """How she got it."""

    command_id: UUID
    way: ReceiptWay


async def _read(request: Request, viewer: Viewer, ref: UUID, grant: UUID) -> tuple[Opened, Receipt]:
    opened = await open_grant(request, viewer, ref, grant)
    asked_by = viewer.display_name
    if opened.row.asked_by != viewer.account:
        network = await network_of(request)
        asked_by = network.accounts.get(opened.row.asked_by, "") if network else ""
    asked_by = ", ".join(part for part in (asked_by, viewer.organisation_name) if part)
    receipt = receipt_of(opened.row, opened.person, opened.state.standing, viewer.organisation_name, asked_by)
    return opened, receipt


@pages.get("/personnes/{ref}/accords/{grant}/recu", REFERENTS)
async def receipt_page(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """The page to print, with the files, and the button once she has it."""
    opened, receipt = await _read(request, viewer, ref, grant)
    return _show(request, viewer, opened, receipt, {})


def _show(
    request: Request, viewer: Viewer, opened: Opened, receipt: Receipt, errors: dict[str, str], status: int = 200
) -> Response:
    context = {"receipt": receipt, "pairs": pairs_of(receipt), "pdf": can_be_pdf(receipt), "ways": ReceiptWay.options()}
    return show_form(request, "receipt.html", viewer, {}, errors, status, **context, **opened.context())


@pages.post("/personnes/{ref}/accords/{grant}/recu", REFERENTS)
async def receipt_given(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """Record that she has her receipt."""
    form, errors = forms.read(ReceiptForm, await request.form())
    if form is None:
        opened, receipt = await _read(request, viewer, ref, grant)
        return _show(request, viewer, opened, receipt, errors, 422)
    async with service_of(request).database.web(viewer) as work:
        await give_receipt(GiveReceipt(command_id=form.command_id, grant=grant, way=form.way), work)
    return redirect(f"/personnes/{ref}/accords/{grant}", "receipt")


@pages.get("/personnes/{ref}/accords/{grant}/recu.html", REFERENTS)
async def receipt_file(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """The receipt as one file that opens in any browser, without Relais and without a network."""
    _, receipt = await _read(request, viewer, ref, grant)
    template = request.app.state.pages.environment.get_template("receipt_file.html")
    style = (STATIC / "receipt.css").read_text("utf-8")
    body = template.render(receipt=receipt, pairs=pairs_of(receipt), style=style)
    return _file(body.encode(), "text/html; charset=utf-8", receipt.file_name("html"))


@pages.get("/personnes/{ref}/accords/{grant}/recu.pdf", REFERENTS)
async def receipt_document(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """The receipt as a PDF. Refusal: InvalidInput for letters that the standard fonts do not have."""
    _, receipt = await _read(request, viewer, ref, grant)
    if not can_be_pdf(receipt):
        raise InvalidInput(reason="Dans cette langue, prenez le fichier à ouvrir\u202f: il dit la même chose.")
    return _file(receipt_pdf(receipt), "application/pdf", receipt.file_name("pdf"))


def _file(body: bytes, kind: str, name: str) -> Response:
    return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
