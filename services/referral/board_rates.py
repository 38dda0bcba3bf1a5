"""The words of the shares, of the time on hold, and of the rules that fired for a desk."""

from typing import Any
from uuid import UUID

from services.referral.board_view import Names, count, listed, percent
from services.referral.rates import MANY, MANY_CHECKED, Health, Hold, Looked, Rate

_WHY = {
    "declines": "a décliné {part} des {whole} orientations reçues ces trois derniers mois ({share})\u202f; le repère "
    "est 30\u00a0% à partir de 50 orientations.",
    "opens_little": "a ouvert un droit pour {part} des {whole} orientations envoyées ces trois derniers mois ({share})"
    "\u202f; le repère est plus de 25\u00a0% à partir de 50 orientations.",
    "contradicted": "a vu confirmer {part} des {whole} issues vérifiées sur douze mois ({share})\u202f; le repère est "
    "plus de 45\u00a0% à partir de 100.",
}
_SHORT = {"declines": "décline", "opens_little": "ouvre un droit pour", "contradicted": "issues confirmées\u202f:"}
_DO = {
    "declines": "Regardez avec lui quels droits et quel secteur il couvre\u202f: l’annuaire est peut-être faux.",
    "opens_little": "Regardez avec lui où les demandes s’arrêtent, et si les dossiers lui arrivent complets.",
    "contradicted": "Relisez ensemble quelques issues contredites.",
}
HEALTH_HEADS = ("Guichet", "Reçues", "Déclinées", "Droit ouvert", "Issues confirmées")


def rate_rows(found: tuple[Rate, ...]) -> list[list[str]]:
    """Rows of the table of shares: what, the share, of what."""
    return [[one.title, _share(one), f"{one.part} sur {one.whole}"] for one in found]


def hold_sentence(found: Hold) -> str:
    """How much of the time was on hold, and whose turn it was."""
    if not found.share:
        return "Aucune pause sur la période."
    whole = sum(found.by_turn.values())
    parts = [
        f"{turn.label[:1].lower()}{turn.label[1:]} ({percent(hours / whole)})"
        for turn, hours in sorted(found.by_turn.items(), key=lambda one: -one[1]) if hours
    ]
    return f"{percent(found.share)} du temps ouvré s’est passé en pause. Le tour était {listed(parts)}."


def health_cards(found: tuple[Health, ...], names: Names) -> list[dict[str, Any]]:
    """A desk that a rule would look at, why it fired, and what to do about it."""
    return [
        {
            "desk": names.desk_alone(UUID(one.desk)), "ref": one.desk,
            "short": f"{_SHORT[one.rule]} {percent(one.part / one.whole)}",
            "why": "Ce guichet " + _WHY[one.rule].format(
                part=one.part, whole=one.whole, share=percent(one.part / one.whole)
            ),
            "do": _DO[one.rule],
        }
        for one in found
    ]


def health_sentence(found: tuple[Health, ...], desks: tuple[Looked, ...]) -> str:
    """How many desks ask for a look; while none has enough referrals, that no rule can apply yet."""
    if not any(one.sent >= MANY or one.checked >= MANY_CHECKED for one in desks):
        return (
            f"Trop peu d’orientations pour juger : un repère s’applique à partir de {MANY} en trois mois, ou de "
            f"{MANY_CHECKED} issues vérifiées en un an."
        )
    if not found:
        return "Aucun guichet ne dépasse un repère."
    number = len({one.desk for one in found})
    return f"{count(number, 'guichet mérite', 'guichets méritent')} un échange. Un repère n’est pas un jugement."


def health_rows(desks: tuple[Looked, ...], names: Names) -> list[list[str]]:
    """Rows under HEALTH_HEADS: what the rules look at, desk by desk."""
    return [
        [names.desk_alone(UUID(one.desk)), str(one.sent), _of(one.declined, one.sent), _of(one.opened, one.roots),
         _of(one.confirmed, one.checked)]
        for one in desks
    ]  # fmt: skip


def _of(part: int, whole: int) -> str:
    return f"{part} sur {whole}" if whole else "–"


def _share(one: Rate) -> str:
    return "–" if one.share is None else percent(one.share)
