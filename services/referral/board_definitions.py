"""The definitions as the page shows them: words, SQL that can be run as it stands, and the count behind the figure."""

from dataclasses import dataclass

from services.referral.board import month_key
from services.referral.board_store import Board
from services.referral.board_view import count, percent
from services.referral.definitions import BACKLOG, CAUSES, DEFINITIONS, HEALTH, HOLD, LATE, PEOPLE, SAID

RULER = "du lundi au vendredi, de 9 h à 17 h, sans les jours fériés nationaux ; un jour vaut huit heures"
ENDS = {
    "recalled": "rappelées", "withdrawn": "accord retiré", "passed_on": "déclinées ou réorientées",
    "closed_unreached": "closes sans contact", "already_open": "droit déjà ouvert",
    "closed_otherwise": "closes autrement",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """One definition of the page."""

    code: str
    title: str
    text: str
    sql: str
    count: str


def listed(board: Board) -> list[Shown]:
    """Every definition with its count of now."""
    said = _counts(board)
    since, until = month_key(board.since), month_key(board.at)
    return [
        Shown(one.code, one.title, one.text, runnable(one.sql, since, until), said[one.code]) for one in DEFINITIONS
    ]


def runnable(sql: str, since: str, until: str) -> str:
    """The SQL with the months of the cohort filled in."""
    return sql.replace(":since", f"'{since}'").replace(":until", f"'{until}'")


def _counts(board: Board) -> dict[str, str]:
    found = {}
    for measure in board.measures:
        one = measure.overall
        others = [f"{number} {ENDS.get(how, how)}" for how, number in one.ends.items()]
        found[measure.code] = (
            f"{count(one.n, 'attente suivie', 'attentes suivies')}\u202f: {one.events} abouties, "
            + ", ".join([f"{one.waiting} en cours", *others]) + "."
        )
    for rate in board.rates:
        share = "–" if rate.share is None else percent(rate.share)
        found[rate.code] = f"{share}\u202f: {rate.part} sur {rate.whole}."
    found[HOLD.code] = (
        f"{round(sum(board.hold.by_turn.values()))} heures ouvrées de pause sur {round(board.hold.hours)}."
    )
    found[PEOPLE.code] = f"{board.funnel.mature_opened} personnes sur {board.funnel.mature}."
    found[SAID.code] = f"{board.said.of_use} avis sur {board.said.spoken}, pour {board.said.answers} réponses."
    found[HEALTH.code] = (
        f"{count(len(board.desks), 'guichet regardé', 'guichets regardés')}, "
        f"{count(sum(one.sent for one in board.desks), 'envoi', 'envois')} en trois mois\u202f: "
        f"{count(len(board.health), 'repère dépassé', 'repères dépassés')}."
    )
    found[LATE.code] = f"{count(board.stuck.total, 'orientation', 'orientations')} en retard."
    found[BACKLOG.code] = f"{count(board.backlog.total, 'orientation ouverte', 'orientations ouvertes')}."
    noted = [f"{one.cause.label}\u202f: {one.people}" for one in board.causes if one.people]
    found[CAUSES.code] = "\u202f; ".join(noted) + "." if noted else "Aucun motif noté."
    return found

