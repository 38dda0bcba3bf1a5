"""A paper as a PDF: A4, never under 14 points, pictures beside the headings; for languages of the standard fonts.

Arabic needs its letters joined and the embedded font is compressed in a way nothing here can open (decision 0017): for
those the page prints the same.
"""

import io
from collections.abc import Iterable
from typing import Any

from services.intake.paper import Item, Paper, Section

WESTERN = "windows-1252"
_SIZE, _MARGIN, _PICTURE = 14.0, 15, 8
_INK, _ACCENT = (23, 35, 58), (10, 92, 99)


def can_be_pdf(paper: Paper) -> bool:
    """Whether every letter of it, the names too, is in the standard fonts."""
    return paper.direction == "ltr" and can_be_written(paper.texts())


def can_be_written(texts: Iterable[str]) -> bool:
    """Whether every letter is in the standard fonts."""
    try:
        "".join(plain(text) for text in texts).encode(WESTERN)
    except UnicodeEncodeError:
        return False
    return True


def paper_pdf(paper: Paper) -> bytes:
    """The file."""
    from fpdf import FPDF

    page = FPDF(format="A4")
    page.core_fonts_encoding = WESTERN
    page.set_lang(paper.lang)
    page.set_title(paper.title)  # never the name: a title is shown by every viewer
    page.set_creator("Relais")
    page.set_margin(_MARGIN)
    page.set_auto_page_break(True, _MARGIN)
    page.add_page()
    page.set_text_color(*_INK)
    _line(page, paper.title, "B", 26, 1)
    _line(page, paper.person, "B", 17, 1)
    _line(page, paper.intro, after=4)
    for one in paper.sections:
        _section(page, one, paper)
    for text in paper.closing:
        _line(page, text, after=2)
    _line(page, paper.made_on)
    return bytes(page.output())


def _section(page: Any, section: Section, paper: Paper) -> None:  # noqa: ANN401 - fpdf is loaded when first needed
    if page.will_page_break(26):  # a heading stays with its first line
        page.add_page()
    top = page.get_y()
    page.image(_picture(section.picture), x=_MARGIN, y=top, w=_PICTURE, h=_PICTURE)
    page.set_xy(_MARGIN + _PICTURE + 4, top)
    page.set_text_color(*_ACCENT)
    _line(page, section.title, "B", 17, 0.5, indent=_PICTURE + 4)
    page.set_text_color(*_INK)
    for item in section.items:
        _item(page, item, paper)
    page.ln(2)


def _item(page: Any, item: Item, paper: Paper) -> None:  # noqa: ANN401 - fpdf
    indent = _PICTURE + 4
    if item.done is not None:
        top = page.get_y()
        page.set_draw_color(*_INK)
        page.rect(_MARGIN + indent, top + 1, 4.6, 4.6)
        if item.done:
            page.line(_MARGIN + indent + 0.9, top + 3.2, _MARGIN + indent + 2, top + 4.6)
            page.line(_MARGIN + indent + 2, top + 4.6, _MARGIN + indent + 4, top + 1.6)
        indent += 7
    state = "" if item.done is None else paper.ticks[0 if item.done else 1]
    said = f"{item.text} ({state})" if state else item.text
    _line(page, said, "B" if item.strong else "", after=0 if item.small else 1, indent=indent)
    if item.small:
        _line(page, item.small, after=1.5, indent=indent)


def _line(page: Any, text: str, style: str = "", size: float = _SIZE, after: float = 0, indent: float = 0) -> None:  # noqa: ANN401
    from fpdf.enums import XPos, YPos

    page.set_font("helvetica", style, size)
    page.set_x(_MARGIN + indent)
    page.multi_cell(0, size * 0.3528 * 1.25, plain(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
    page.ln(after)


def _picture(name: str) -> io.BytesIO:
    from services.runtime.web.pages import icon

    return io.BytesIO(str(icon(name)).replace("currentColor", "#0A5C63").encode())


def plain(text: str) -> str:
    """The text with the blanks that the standard fonts have."""
    return text.replace("\u202f", "\u00a0")
