"""What may be written in a free text: short, never a social security number (NIR), and nothing of health or of somebody
else without a second look.

Pure: a refusal names the field, and never quotes the text. `FIELDS` is every free text that intake takes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.dossier import NEED_SUMMARY_LENGTH
from contracts.refusals import FreeTextToConfirm, InvalidInput, SocialSecurityNumberRefused
from contracts.social_security_number import holds_a_nir
from services.intake.free_text_words import Matter, Passage, passages

__all__ = ["FIELDS", "TEXT", "Watched", "accept_free_text", "holds_a_nir", "label_of"]


@dataclass(frozen=True)
class Watched:
    """How a field is watched. `most` characters; `asked` whether health and other people raise a question;
    `about_others` where the field asks for somebody, so that only a name does.
    """

    label: str
    most: int = NEED_SUMMARY_LENGTH
    asked: bool = True
    about_others: bool = False


TEXT = Watched("Ce texte")
FIELDS: dict[str, Watched] = {
    "place": Watched("Où", 160),
    "present": Watched("Qui était présent", 160, about_others=True),
    "safe_times": Watched("Quand l’appeler", 160),
    "representative": Watched("Qui la représente", 160, asked=False),
    "message": Watched("Ce qui aiderait la personne"),
    "goal": Watched("Ce qu’elle veut, dans ses mots"),
    "accompanied_by": Watched("Qui l’accompagnera", 120, about_others=True),
    "text": TEXT,
    # Why the DPO decides something of the territory: nobody accompanied belongs in it.
    "why": Watched("Pourquoi", 200),
    # Her own words in a request to the data protection officer: they are hers to choose.
    "words": Watched("Ce qu’elle demande", asked=False),
    # Identity: it says who somebody is and where, so nothing but a NIR is looked for.
    "first_name": Watched("Prénom", 80, asked=False),
    "last_name": Watched("Nom", 80, asked=False),
    "phone": Watched("Téléphone", 160, asked=False),
    "postal_address": Watched("Adresse", 320, asked=False),
}


def label_of(field: str) -> str:
    """The field's name as the form has it."""
    return FIELDS.get(field, TEXT).label


def accept_free_text(
    text: str | None, field: str, most: int | None = None, confirmed: Iterable[str] | bool = False
) -> str:
    """The text without outer blanks, "" when there is none. A field that is not in `FIELDS` is watched for everything.

    `confirmed`: the fields whose text somebody looked at again and keeps (True: this one); a NIR is refused all the
    same. Refusals: SocialSecurityNumberRefused, InvalidInput (too long), FreeTextToConfirm.
    """
    watched = FIELDS.get(field, TEXT)
    cleaned = (text or "").replace("\r\n", "\n").strip()
    if holds_a_nir(cleaned):
        raise SocialSecurityNumberRefused(field=field)
    limit = most or watched.most
    if len(cleaned) > limit:
        raise InvalidInput(field=field, reason=f"Ce texte est trop long\u202f: {limit} caractères au plus.")
    kept = confirmed if isinstance(confirmed, bool) else field in confirmed
    if watched.asked and not kept and (found := passages(cleaned, about_others=watched.about_others)):
        raise _to_confirm(field, found)
    return cleaned


def _to_confirm(field: str, found: tuple[Passage, ...]) -> FreeTextToConfirm:
    matters = [one for one in Matter if one in {passage.matter for passage in found}]
    return FreeTextToConfirm(
        field=field,
        about=" et ".join(one.label for one in matters),
        matters=",".join(matters),
        passages=",".join(f"{one.matter.value}:{one.start}-{one.end}" for one in found),
    )
