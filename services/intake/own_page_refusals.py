"""What could not be done on a person's own page, said to her: refusals of the professionals' pages speak of « elle ».

Pure; each sentence stands in every file of `own_page_texts`.
"""

from contracts.refusals import Refusal
from services.runtime.web import forms

DOES_NOT_OPEN = (
    "Cette référence et ce code n’ouvrent pas de page. Vérifiez-les sur la feuille, ou demandez-en d’autres."
)
# What nobody foresaw for this page.
NOT_DONE = "Cela n’a pas pu être fait. Rien n’a changé. Parlez-en à la personne qui vous accompagne."
_REFUSED = {
    "too-many-tries": "Trop d’essais. Attendez dix minutes, puis recommencez.",
    "grant-withdrawn": "Vous avez déjà retiré cet accord.",
    "grant-expired": "Cet accord est déjà terminé.",
    "representation-ended": "La personne qui avait donné cet accord pour vous ne vous représente plus.",
    "date-in-the-past": "Cette date est passée. Choisissez une date à venir.",
    "file-limited": "Vos informations sont en pause\u202f: rien n’y change pour l’instant.",
    "referral-already-answered": "Votre demande a changé entre-temps. Relisez la page avant de répondre.",
    "social-security-number-refused": (
        "Ce texte contient un numéro de sécurité sociale. Relais ne l’enregistre jamais\u202f: retirez-le."
    ),
    "service-away": (
        "Une partie de Relais ne répond pas en ce moment. Rien n’est perdu\u202f: réessayez dans un instant."
    ),
}
# Of `invalid-input`, by what it says to professionals.
_REASONS = {
    "Pour tout enlever, retirez l’accord.": "Pour tout enlever, retirez votre accord.",
    "Pour ajouter quelque chose, recueillez un nouvel accord.": (
        "Pour ajouter quelque chose, parlez-en à la personne qui vous accompagne."
    ),
    "Pour prolonger, renouvelez l’accord avec la personne.": (
        "Pour aller plus loin dans le temps, parlez-en à la personne qui vous accompagne."
    ),
    "Rien n’est enlevé\u202f: décochez ce qu’elle ne partage plus.": (
        "Rien n’est enlevé\u202f: décochez ce que vous ne partagez plus."
    ),
}
_AS_THEY_ARE = (
    "Ce texte est trop long\u202f: 500 caractères au plus.",
    *(forms.SENTENCES[kind] for kind in ("missing", "enum", "date_from_datetime_parsing")),
)
# The page of a status: its title, and what it says.
_PAGES: dict[int | str, tuple[str, ...]] = {
    404: ("Page introuvable", "Cette page n’existe pas, ou elle n’est pas pour vous."),
    429: ("Trop d’essais", _REFUSED["too-many-tries"]),
    500: (
        "Une erreur est survenue",
        "Cela vient de nous, pas de vous. Rien de ce qui était enregistré n’est perdu.",
    ),
    503: ("Un instant", _REFUSED["service-away"]),
    "cross-site-request": (
        "Demande arrêtée",
        "Une autre page l’a peut-être envoyée à votre place. Rien n’a changé. Ouvrez votre page vous-même, puis "
        "recommencez.",
    ),
}
_ANY_PAGE = ("Ce n’est pas possible", NOT_DONE)


def said_to_her(refusal: Refusal) -> str:
    """A refusal in one French sentence for the person."""
    known = str(refusal)
    return _REFUSED.get(refusal.slug) or _REASONS.get(known) or (known if known in _AS_THEY_ARE else NOT_DONE)


def errors_to_her(refusal: Refusal) -> dict[str, str]:
    """The same by the field that it is about, `form` when it is about none."""
    return {refusal.field or "form": said_to_her(refusal)}


def typed_wrong(errors: dict[str, str]) -> dict[str, str]:
    """What a form could not take, field by field, with sentences that exist in each language."""
    return {name: said if said in ALL else NOT_DONE for name, said in errors.items()}


def page_of_error(status: int, slug: str) -> tuple[str, tuple[str, ...]]:
    """The title and the sentences of the page of that status or refusal."""
    title, *sentences = _PAGES.get(slug) or _PAGES.get(status, _ANY_PAGE)
    return title, tuple(sentences)


ALL = frozenset(
    {
        NOT_DONE, DOES_NOT_OPEN, *_REFUSED.values(), *_REASONS.values(), *_AS_THEY_ARE, *_ANY_PAGE,
        *(text for page in _PAGES.values() for text in page),
    }
)  # fmt: skip
