"""What an agreement may become: narrowed, never widened; whether it holds; and who may speak for a person. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from contracts.refusals import DateInThePast, InvalidInput
from contracts.vocabulary import Representation
from services.intake.dossier import end_of
from services.intake.tables import ConsentGrant

ADULT, ALONE = 18, 15
# Code civil, art. 441 and 442, 494-6: no measure of protection is given for longer.
LONGEST_MEASURE = timedelta(days=20 * 366)


@dataclass(frozen=True)
class Scope:
    """What an agreement covers: codes of categories and rights, and its end."""

    categories: frozenset[str]
    rights: frozenset[str]
    expires_at: datetime


def is_live(row: ConsentGrant, now: datetime) -> bool:
    """Whether an agreement holds at that instant: neither taken back nor over, nor the charge of whoever gave it."""
    return row.withdrawn_at is None and end_of(row) > now


def narrowed(now_covered: Scope, kept: Scope, at: datetime) -> Scope:
    """What the agreement covers once it is narrowed to `kept`.

    Refusals: InvalidInput (nothing kept, something added, nothing taken out), DateInThePast. To take all out is to
    withdraw, and to add anything is a new agreement.
    """
    if not kept.categories:
        raise InvalidInput(field="categories", reason="Pour tout enlever, retirez l’accord.")
    if not kept.rights:
        raise InvalidInput(field="rights", reason="Pour tout enlever, retirez l’accord.")
    for field in ("categories", "rights"):
        if not getattr(kept, field) <= getattr(now_covered, field):
            raise InvalidInput(field=field, reason="Pour ajouter quelque chose, recueillez un nouvel accord.")
    if kept.expires_at > now_covered.expires_at:
        raise InvalidInput(field="until", reason="Pour prolonger, renouvelez l’accord avec la personne.")
    if kept.expires_at <= at:
        raise DateInThePast(field="until")
    if kept == now_covered:
        raise InvalidInput(field="categories", reason="Rien n’est enlevé\u202f: décochez ce qu’elle ne partage plus.")
    return kept


def eighteenth_birthday(birth_date: date) -> date:
    """The day on which somebody comes of age; born on a 29th of February, the 1st of March."""
    try:
        return birth_date.replace(year=birth_date.year + ADULT)
    except ValueError:
        return date(birth_date.year + ADULT, 3, 1)


def is_minor(birth_date: date | None, today: date) -> bool:
    """Under 18 on that day; not known is no."""
    return birth_date is not None and today < eighteenth_birthday(birth_date)


def end_of_charge(
    kind: Representation | None, until: date | None, birth_date: date | None, now: datetime, zone: tzinfo
) -> datetime | None:
    """The last instant of the last day on which somebody speaks for the person; None when she speaks for herself, or
    when her person of trust was named without an end.

    The charge over a minor ends before the 18th birthday at the latest (Code civil, art. 388). Refusals: InvalidInput
    at `represented_until` (no end said, or too far), DateInThePast.
    """
    if kind is None:
        return None
    today = now.astimezone(zone).date()
    if kind is Representation.MINOR and birth_date is not None:
        until = min(until or date.max, eighteenth_birthday(birth_date) - timedelta(days=1))
    if until is None:
        if kind is Representation.TRUSTED:
            return None
        raise InvalidInput(field="represented_until", reason="Indiquez jusqu’à quand cette personne la représente.")
    if until < today:
        raise DateInThePast(field="represented_until")
    if until - today > LONGEST_MEASURE:
        raise InvalidInput(field="represented_until", reason="Une mesure dure vingt ans au plus. Vérifiez l’année.")
    return datetime.combine(until, time.max, zone)


def check_speaks(kind: Representation | None, answered: bool, birth_date: date | None, today: date) -> None:
    """Of a minor, one says who gives the agreement; whether she may alone is for the professional to judge.

    Refusal: InvalidInput at `with_proxy`.
    """
    if kind is None and not answered and is_minor(birth_date, today):
        raise InvalidInput(field="with_proxy", reason="Elle n’a pas 18 ans\u202f: dites qui donne l’accord.")
