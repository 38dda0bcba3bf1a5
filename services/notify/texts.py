"""The text messages: constant words, of the alphabet that a message carries by 160; nothing of a person or a right.

To a professional in French; the code of a person's own page in her language, where the product ships it.
"""

import unicodedata
from collections.abc import Sequence

from contracts.pages import BELL
from services.notify.channels import Letter
from services.notify.domain import sentence_of
from services.notify.ledger import InHand

# The languages in which the product's notices are shipped; another gets French.
PERSON_CODE = {
    "fr": "Relais. Votre code : {code}. Il ouvre votre page avec la feuille remise. Ne le donnez à personne.",
    "fr-falc": "Relais. Votre code : {code}. Il faut aussi la feuille. Gardez ce code pour vous.",
    "en": "Relais. Your code: {code}. Use it with the sheet you were given. Do not share it with anyone.",
    "es": "Relais. Su código: {code}. Úselo con la hoja que le dieron. No lo comparta con nadie.",
    "pt": "Relais. O seu código: {code}. Use-o com a folha que recebeu. Não o dê a ninguém.",
    "ar": "Relais رمزك: {code}. استعمله مع الورقة التي استلمتها. لا تعطه لأحد.",
}
_PLAIN = str.maketrans({"\u2019": "'", "\u202f": "", "\u00a0": " "})
_SHORT = frozenset("èéùìòàäöñüÄÖÑÜÅåÆæØøßÉ§¿¡")


def plain(text: str) -> str:
    """With the signs of the short alphabet of text messages (GSM 03.38): a straight apostrophe, no thin space, and of
    the letters with accents those that it has.
    """
    return "".join(one if one in _SHORT else unicodedata.normalize("NFKD", one)[0] for one in text.translate(_PLAIN))


def referral_due(tellings: Sequence[InHand], number: str, *, public_url: str) -> Letter:
    """One message for one or several tellings of one account. It leads to the bell, behind the sign-in."""
    first = tellings[0]
    kinds = {one.kind for one in tellings}
    said = sentence_of(first.kind) if len(kinds) == 1 else "Plusieurs choses vous attendent."
    return Letter(f"telling-{first.reference}", number, plain(f"Relais : {said} {public_url.rstrip('/')}{BELL}"))


def person_code(code: str, language: str, number: str, reference: str) -> Letter:
    """The code of a person's own page. It names neither a service nor a right: somebody else may see the screen."""
    text = PERSON_CODE.get(language, PERSON_CODE["fr"]).format(code=code)
    return Letter(reference, number, text)
