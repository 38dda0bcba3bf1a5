"""What may be written in a free text: short, and never a social security number (NIR).

Pure: the refusal names the field, and never quotes the text.
"""

import re

from contracts.dossier import NEED_SUMMARY_LENGTH
from contracts.refusals import InvalidInput, SocialSecurityNumberRefused

# 13 characters (sex, year, month, department with 2A/2B, commune, order), then a key that may be missing; people put
# spaces, dots, hyphens or slashes anywhere in between.
_GAP = r"[\s.\-/\u00a0\u202f]*"
_LOOKS_LIKE = re.compile(
    rf"(?<![0-9A-Za-z])[1-478](?:{_GAP}\d){{4}}{_GAP}\d{_GAP}[\dABab](?:{_GAP}\d){{6}}(?:{_GAP}\d{_GAP}\d)?(?!\d)"
)
_MONTHS = {f"{month:02d}" for month in (*range(1, 13), 20, *range(30, 43), *range(50, 100))}


def holds_a_nir(text: str) -> bool:
    """True when the text holds 13 or 15 characters that read as a NIR; a wrong key is a mistyped NIR, refused too."""
    return any(_is_nir(re.sub(_GAP, "", found[0])) for found in _LOOKS_LIKE.finditer(text))


def _is_nir(number: str) -> bool:
    return number[3:5] in _MONTHS


def accept_free_text(text: str | None, field: str, most: int = NEED_SUMMARY_LENGTH) -> str:
    """The text without outer blanks, "" when there is none.

    Refusals: SocialSecurityNumberRefused, InvalidInput (too long).
    """
    cleaned = (text or "").replace("\r\n", "\n").strip()
    if holds_a_nir(cleaned):
        raise SocialSecurityNumberRefused(field=field)
    if len(cleaned) > most:
        raise InvalidInput(field=field, reason=f"Ce texte est trop long\u202f: {most} caractères au plus.")
    return cleaned
