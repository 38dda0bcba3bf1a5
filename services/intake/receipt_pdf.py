"""A receipt as a PDF of one A5 page in large type, for languages that the standard fonts can write.

The embedded font of the pages is compressed in a way that nothing here can open, and Arabic needs its letters joined:
for those the file to open in a browser says the same.
"""

from typing import Any

from services.intake.paper_pdf import WESTERN, can_be_written, plain
from services.intake.receipt import Receipt

_SIZES = (15.0, 14.0, 13.0, 12.0, 11.0, 10.0, 9.0, 8.0)
_MARGIN = 11


def can_be_pdf(receipt: Receipt) -> bool:
    """Whether every letter of it, the names too, is in the standard fonts."""
    return receipt.direction == "ltr" and can_be_written(_everything(receipt))


def receipt_pdf(receipt: Receipt) -> bytes:
    """The file: the largest type in which it fits one page."""
    for size in _SIZES:
        document = _document(receipt, size)
        if document.pages_count == 1:
            break
    return bytes(document.output())


def _document(receipt: Receipt, size: float) -> Any:  # noqa: ANN401 - fpdf is loaded when first needed
    from fpdf import FPDF
    from fpdf.enums import XPos, YPos

    page = FPDF(format=(148.0, 210.0))
    page.core_fonts_encoding = WESTERN
    page.set_lang(receipt.lang)
    page.set_title(receipt.words.title)
    page.set_creator("Relais")
    page.set_margin(_MARGIN)
    page.set_auto_page_break(True, _MARGIN)
    page.add_page()

    def line(text: str, style: str = "", scale: float = 1.0, after: float = 0.0) -> None:
        page.set_font("helvetica", style, size * scale)
        height = size * scale * 0.3528 * 1.3
        page.multi_cell(0, height, plain(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
        page.ln(after)

    words = receipt.words
    line(words.title, "B", 1.6, 1)
    line(words.ended if receipt.ended else words.keep, after=2)
    for label, value in pairs_of(receipt):
        line(label, "B", 0.85)
        line(value, after=1.2)
    line(words.nothing_else, after=2)
    line(words.change_title, "B", 1.15)
    before, after = receipt.change_parts()
    line(before + receipt.organisation + after, after=1.2)
    line(words.never, "B", after=1.2)
    line(words.see, scale=0.85, after=1)
    line(f"{words.text_read}{_colon(receipt)} {receipt.version}", scale=0.7)
    return page


def pairs_of(receipt: Receipt) -> list[tuple[str, str]]:
    """Label and value of each thing that was agreed to."""
    words = receipt.words
    return [
        (words.person, receipt.person),
        (words.to, receipt.to),
        (words.purpose, receipt.purpose),
        (words.rights, ", ".join(receipt.rights)),
        (words.shared, ", ".join(receipt.shared)),
        (words.given, receipt.given_on),
        (words.until, receipt.ends_on),
        (words.asked_by, receipt.asked_by),
    ]


def _everything(receipt: Receipt) -> list[str]:
    words = receipt.words
    texts = [words.title, words.keep, words.nothing_else, words.change_title, words.change, words.never, words.see]
    return [
        *texts,
        words.ended,
        words.text_read,
        receipt.organisation,
        *(part for pair in pairs_of(receipt) for part in pair),
    ]


def _colon(receipt: Receipt) -> str:
    return "\u00a0:" if receipt.lang == "fr" else ":"
