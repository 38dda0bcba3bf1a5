"""Finding a social security number (NIR) in a text, however it is written, without taking other numbers for one.

Pure. A NIR has 13 characters: sex, year, month, department (2A and 2B in Corsica), commune, order; then a key of two.
The same shape serves the temporary numbers (3, 4, 7 and 8 instead of 1 and 2; pseudo-months above 12).
"""

import re
import unicodedata
from itertools import accumulate

from stdnum import iban, luhn
from stdnum.exceptions import ValidationError

_GAP = r"[\W_]{0,4}"
# Where people set a blank: between the parts of the number, or after each pair once the first digit is written.
_PARTS = {1, 3, 5, 7, 10, 13, 15}
_PAIRS = {1, 3, 5, 7, 9, 11, 13}
_MONTHS = {f"{month:02d}" for month in (*range(1, 13), 20, *range(30, 43), *range(50, 100))}
_LOOKS_LIKE = re.compile(
    rf"[1-478](?:{_GAP}\d){{5}}{_GAP}[\dAB](?:{_GAP}\d){{6}}(?:{_GAP}\d{_GAP}\d)?(?!\d)", re.IGNORECASE
)
_SEPARATOR = r"[ ./-]?"
# A phone number with its country can be nothing else; one that is tied to more digits by a sign is none.
_PHONE = rf"[1-9](?:{_SEPARATOR}\d\d){{4}}(?![./-]?\d)"
_INTERNATIONAL = (
    re.compile(rf"(?:\+|(?<!\d)00)33{_SEPARATOR}(?:\(0\){_SEPARATOR})?{_PHONE}"),
    re.compile(r"\+\d{1,3}(?:[ .-]?\d{1,4}){2,5}(?!\d)"),
)
_OTHER_NUMBERS = (
    re.compile(rf"(?<!\d)(?<!\d[./-])0{_PHONE}"),
    re.compile(r"(?<!\d)\d{1,2}([/. -])\d{1,2}\1(?:19|20)\d\d(?!\d)"),
    re.compile(r"(?<!\d)(?:19|20)\d\d[-/]\d{1,2}[-/]\d{1,2}(?!\d)"),
    re.compile(r"(?<![0-9A-Z])(?:19|20)?\d\d-[0-9A-Z]{5,8}(?![0-9A-Z]|[-./]\d)", re.IGNORECASE),
)
_COMPANY = re.compile(r"(?<!\d)\d{3} ?\d{3} ?\d{3} ?\d{5}(?!\d)")
_ACCOUNT = re.compile(r"(?<![0-9A-Z])[A-Z]{2}\d\d(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?(?![0-9A-Z])", re.IGNORECASE)


def holds_a_nir(text: str) -> bool:
    """True when the text holds 13 or 15 characters that read as a NIR; a wrong key is a mistyped NIR, refused too.

    Written in its usual parts it is found whatever stands around it; with blanks at odd places, only where no phone
    number, date, SIRET, IBAN or file number explains the digits.
    """
    plain = _ACCOUNT.sub(lambda found: "x" if iban.is_valid(found[0]) else found[0], _plain_digits(text))
    for kind in _INTERNATIONAL:
        plain = kind.sub("x", plain)
    if any(_in_parts(found) for found in _candidates(plain)):
        return True
    return any(True for _ in _candidates(_without_other_numbers(plain)))


def _plain_digits(text: str) -> str:
    """Full-width letters and the digits of every script as ours; invisible characters left out."""
    kept = (one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) not in ("Cf", "Mn"))
    return "".join(str(digit) if (digit := unicodedata.decimal(one, None)) is not None else one for one in kept)


def _candidates(text: str) -> list[str]:
    """What reads as a NIR, each as it is written; two may overlap."""
    found = []
    for start in re.finditer(r"(?<![\d+])[1-478]", text):
        match = _LOOKS_LIKE.match(text, start.start())
        if match and _is_nir(re.sub(r"[\W_]", "", match[0])):
            found.append(match[0])
    return found


def _is_nir(number: str) -> bool:
    return number[3:5] in _MONTHS and number[5:7] != "00"


def _in_parts(written: str) -> bool:
    ends = set(accumulate(len(part) for part in re.split(r"[\W_]+", written)))
    return ends <= {13, 15} or ends - {15} == _PAIRS or (ends <= _PARTS and len(ends - {15}) > 3)


def _without_other_numbers(text: str) -> str:
    """The text with other numbers replaced by a letter, which no NIR goes across."""
    for kind in _OTHER_NUMBERS:
        text = kind.sub("x", text)
    return _COMPANY.sub(lambda found: "x" if _is_company(found[0]) else found[0], text)


def _is_company(written: str) -> bool:
    try:
        return bool(luhn.validate(written.replace(" ", "")))
    except ValidationError:
        return False
