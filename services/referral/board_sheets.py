"""The board as tables to take away: the same figures as the page, as numbers; times in business hours."""

from uuid import UUID

from services.referral.backlog import DREES_YARDSTICK
from services.referral.board import Figure
from services.referral.board_store import Board
from services.referral.board_view import Names, cause_rows, funnel_rows, month_name, stuck_parts
from services.referral.spreadsheet import Sheet, Value

TIME_HEADS = (
    "La moitié en (heures ouvrées)", "La moitié, au moins", "La moitié, au plus", "3 sur 4 en", "9 sur 10 en",
    "19 sur 20 en", "Suivies", "Abouties", "En attente", "En attente hors délai",
)  # fmt: skip


def sheets(board: Board, names: Names) -> tuple[Sheet, ...]:
    """Every figure of the page."""
    return (
        Sheet("temps", "Temps", ("Temps", *TIME_HEADS), tuple(
            (one.time.title, *figures(one.overall)) for one in board.measures
        )),
        Sheet("mois", "Temps par mois", ("Temps et mois d’envoi", *TIME_HEADS), tuple(
            (f"{one.time.title}, {month_name(month.key)}", *figures(month))
            for one in board.measures for month in one.by_month
        )),
        Sheet("retards", "Ce qui bloque", ("Où", "Orientations en retard"), tuple(
            (f"{title}\u202f: {label}", number)
            for title, _, rows in stuck_parts(board.stuck, names) for label, number, _ in rows
        )),
        Sheet("ouvertes", "Ouvertes", ("État", *board.backlog.classes), tuple(
            (state.label, *counts) for state, counts in board.backlog.cells.items()
        )),
        Sheet("parcours", "Parcours", ("Étape", "Personnes"), (
            *((label, number) for label, number, _ in funnel_rows(board.funnel)),
            ("Droit repéré il y a trois mois ou plus", board.funnel.mature),
            ("dont droit ouvert dans les trois mois", board.funnel.mature_opened),
            ("Repère de la Drees, en %", DREES_YARDSTICK),
        )),
        Sheet("motifs", "Motifs de non-recours", ("Motif", "Personnes"), tuple(cause_rows(board.causes))),
        Sheet("parts", "En chemin", ("Quoi", "Nombre", "Sur"), tuple(
            (one.title, one.part, one.whole) for one in board.rates
        )),
        Sheet("guichets", "Guichets à regarder", ("Guichet", "Règle", "Nombre", "Sur"), tuple(
            (names.desk_alone(UUID(one.desk)), one.rule, one.part, one.whole) for one in board.health
        )),
        Sheet("sante", "Nombres par guichet", (
            "Guichet", "Envois en trois mois", "Déclinés", "Orientations d’origine", "Droits ouverts",
            "Issues vérifiées en douze mois", "Confirmées",
        ), tuple(
            (names.desk_alone(UUID(one.desk)), one.sent, one.declined, one.roots, one.opened, one.checked,
             one.confirmed)
            for one in board.desks
        )),
        Sheet("pauses", "Pauses", ("À qui était le tour", "Heures ouvrées"), (
            *((turn.label, round(hours, 1)) for turn, hours in board.hold.by_turn.items()),
            ("Tout le temps écoulé", round(board.hold.hours, 1)),
        )),
        Sheet("reponses", "Ce que les personnes en disent", ("Quoi", "Réponses"), (
            ("Réponses aux vérifications", board.said.answers), ("Disent avoir été contactées", board.said.contacted),
            *((f"Droit ouvert\u202f: {one.label}", number) for one, number in board.said.really.items()),
            *((f"Utile\u202f: {one.label}", number) for one, number in board.said.useful.items()),
            ("Issues contredites", board.contradicted),
        )),
    )  # fmt: skip


def figures(one: Figure) -> tuple[Value, ...]:
    """The cells of one time under TIME_HEADS; None is not reached yet."""
    return (
        one.p50, *one.band, one.p75, one.p90, one.p95, one.n, one.events, one.waiting, one.past_target,
    )
