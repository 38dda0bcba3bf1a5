"""Words of a free text that speak of health or of somebody else: not forbidden, but asked about before saving.

Pure, and by list: what is not listed passes. Positions count characters of the text as it is given.
"""

import re
import unicodedata
from dataclasses import dataclass

from contracts.vocabulary import Word


class Matter(Word):
    """What a free text may speak of without need."""

    HEALTH = "health", "de la santé"
    THIRD_PARTY = "third_party", "d’une autre personne"


@dataclass(frozen=True)
class Passage:
    """One place of a text: what it speaks of, and from which character to which."""

    matter: Matter
    start: int
    end: int


# Roots without accents; an ending may follow.
_HEALTH_ROOTS = (
    "malad", "cancer", "tumeur", "chimio", "radiotherap", "diabet", "insuline", "depress", "anxie", "burn.?out",
    "suicid",
    "handicap", "invalid", "infirm", "hopita", "hospitali", "clinique", "maternite", "urgences medicales", "chirurg",
    "operee?s?", "medic(?:al|ament|aux)", "medecin", "ordonnance", "psychiatr", "psycholog", "psychotherap",
    "psychotiq", "psychose", "bipolair", "schizophren", "autis", "trisomi", "alzheimer", "parkinson", "demence",
    "sclerose", "epilep", "infarctus", "cardiaq", "cardiolog", "dialys", "greffe", "asthm", "allerg", "tubercul",
    "hepatit", "sero.?posit", "seropositiv", "mucoviscidose", "drepanocyt", "obes", "anorex", "boulimi", "alcool",
    "toxicoman", "addict", "drogue", "sevrage", "methadone", "enceinte", "grossesse", "fausse couche", "avortement",
    "ivg", "aveugle", "malvoyan", "malentendan", "sourde?s?", "fauteuil roulant", "prothese", "paralys", "hemipleg",
    "arret de travail", "sous traitement", "traitement (?:lourd|medical|contre)", "longue duree medicale",
)  # fmt: skip
_HEALTH_WORDS = ("vih", "hiv", "sida", "avc", "ald", "cmp", "ehpad", "cancero", "mdma", "rqth", "soins", "fibromyalgie")
_NEAR = (
    "fille", "filles", "fils", "enfant", "enfants", "bebe", "mari", "femme", "epouse", "epoux", "conjoint", "conjointe",
    "compagnon", "compagne", "concubin", "concubine", "pere", "mere", "parents", "frere", "freres", "soeur", "soeurs",
    "sœur", "sœurs", "oncle", "tante", "cousin", "cousine", "neveu", "niece", "grand-mere", "grand-pere", "petit-fils",
    "petite-fille", "beau-pere", "belle-mere", "beau-frere", "belle-soeur", "belle-sœur", "gendre", "belle-fille",
    "beau-fils", "ex-mari", "ex-femme", "ex-conjoint", "ex-conjointe", "ex-compagnon", "ex-compagne", "ami", "amie",
    "amis", "petit ami", "petite amie", "voisin", "voisine", "colocataire", "hebergeur", "hebergeuse",
)  # fmt: skip
_OTHERS = (
    "tuteur", "tutrice", "curateur", "curatrice", "proprietaire", "bailleur", "employeur", "patron", "patronne",
    "medecin", "avocat", "avocate", "assistante sociale", "educateur", "educatrice", "interprete", "collegue",
    "benevole",
)  # fmt: skip
_HEALTH = re.compile(rf"\b(?:(?:{'|'.join(_HEALTH_ROOTS)})\w*|(?:{'|'.join(_HEALTH_WORDS)})\b)")
_POSSESSIVE = r"(?:sa|son|ses|leurs?|ma|mon|mes|votre|vos|notre|nos)"
_OF_HERS = re.compile(rf"\b(?:{_POSSESSIVE}\s+)(?:{'|'.join(sorted(_NEAR, key=len, reverse=True))})\b")
_ANYBODY = re.compile(rf"\b(?:{'|'.join(sorted((*_NEAR, *_OTHERS), key=len, reverse=True))})\b")
_THEN_A_NAME = re.compile(
    r"(?:[^\S\n]*[,:(]?[^\S\n]*|\s+(?:qui s.appelle|appelée?|nommée?|prénommée?)\s+)"
    r"(?:(?:M\.|Mr|Mme|Mlle|Monsieur|Madame|Dr)\s+)?(?P<name>[A-ZÀ-ÖØ-Þ][\w’'-]+)"
)
# Words that begin a sentence and are no name.
_NO_NAME = frozenset(
    {"Elle", "Il", "Ils", "Elles", "Je", "On", "Nous", "La", "Le", "Les", "Un", "Une", "Des", "Et", "Mais", "Pas", "Ne",
     "Rappeler", "Appeler", "Sans", "Ce", "Cela"}
)  # fmt: skip


def passages(text: str, *, about_others: bool = False) -> tuple[Passage, ...]:
    """Where a text speaks of health or of somebody else, in order.

    `about_others`: the field asks for somebody (who was there, who comes along); then only a name raises the question.
    """
    flat = _flat(text)
    found = [Passage(Matter.HEALTH, *one.span()) for one in _HEALTH.finditer(flat)]
    found += [Passage(Matter.THIRD_PARTY, start, end) for start, end in _named(text, flat)]
    if not about_others:
        found += [Passage(Matter.THIRD_PARTY, *one.span()) for one in _OF_HERS.finditer(flat)]
    return _merged(found)


def _flat(text: str) -> str:
    """Lower case without accents, of the same length."""
    return "".join(unicodedata.normalize("NFD", one.lower())[:1] or one for one in text.replace("\u2011", "-"))


def _named(text: str, flat: str) -> list[tuple[int, int]]:
    found = []
    for one in _ANYBODY.finditer(flat):
        name = _THEN_A_NAME.match(text, one.end())
        if name and name["name"] not in _NO_NAME:
            found.append((one.start(), name.end()))
    return found


def _merged(found: list[Passage]) -> tuple[Passage, ...]:
    """Passages of the same matter that overlap are one."""
    kept: list[Passage] = []
    for one in sorted(found, key=lambda passage: (passage.matter, passage.start, -passage.end)):
        if kept and kept[-1].matter is one.matter and one.start < kept[-1].end:
            kept[-1] = Passage(one.matter, kept[-1].start, max(kept[-1].end, one.end))
        else:
            kept.append(one)
    return tuple(sorted(kept, key=lambda passage: passage.start))
