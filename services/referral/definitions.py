"""What every published figure counts: in words for the page, and as the SQL that anybody with the database can run.

The SQL reads the rows (`duration`, `course`), not the cells from which the board is made, so that each checks the
other; a test runs every one of them and holds it against the board.
"""

from dataclasses import dataclass

from contracts.lifecycle import OPEN, State


@dataclass(frozen=True, slots=True)
class Time:
    """One of the four times; the target is in business days."""

    code: str
    title: str
    text: str
    target_days: int


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure's definition: `sql` counts over the cohort months `:since` to `:until`.

    `reads` says which count stands behind it; `part` is the condition on `course` of the list behind it.
    """

    code: str
    title: str
    text: str
    sql: str
    reads: str
    part: str = ""


TIMES = (
    Time(
        "tta", "Temps de réponse",
        "De l’envoi à la première réponse du guichet\u202f: réception confirmée, déclinée ou réorientée. "
        "Une orientation rappelée ou dont l’accord est retiré n’attend plus\u202f; une orientation restée sans réponse "
        "attend toujours, et la rouvrir ne remet rien à zéro.",
        2,
    ),
    Time(
        "ttc", "Temps jusqu’au premier contact",
        "De l’envoi au premier contact qui a joint la personne. Une tentative sans réponse ne compte pas.",
        7,
    ),
    Time(
        "ttr", "Temps de résolution",
        "Du tout premier envoi à la clôture, à travers les réorientations et les réouvertures. "
        "Une orientation déclinée ou restée sans réponse n’est pas résolue\u202f: la personne attend encore.",
        60,
    ),
    Time(
        "tto", "Temps jusqu’au droit ouvert",
        "Du tout premier envoi au jour où l’on sait que le droit est ouvert et à partir de quand. "
        "Une orientation close autrement (refus, droit déjà ouvert, abandon…) n’ouvrira plus ce droit\u202f: "
        "elle est comptée à part, pas effacée.",
        60,
    ),
)  # fmt: skip
TIME = {one.code: one for one in TIMES}
_COHORT = "to_char(%s AT TIME ZONE 'Europe/Paris', 'YYYY-MM') BETWEEN :since AND :until"
_SENT, _ROOT = _COHORT % "sent_at", _COHORT % "root_sent_at"
_NO_ERROR = "state <> 'entered_in_error'"
_IS_ROOT = f"{_NO_ERROR} AND state <> 'redirected'"
_LOOP = "state = 'closed' AND ended_at <= root_sent_at + interval '90 days'"


def _share(part: str, where: str) -> str:
    return f"SELECT count(*) FILTER (WHERE {part}), count(*)\nFROM referral.course WHERE {where}"


def _of_time(one: Time) -> Definition:
    return Definition(
        one.code, one.title,
        one.text + " En temps ouvré. Médiane et percentiles par l’estimateur de Kaplan-Meier, celles qui attendent "
        "encore étant comptées pour le temps déjà attendu.",
        f"SELECT how, seconds, count(*)\nFROM referral.duration\nWHERE clock = '{one.code}' AND "
        + (_COHORT % "start") + "\nGROUP BY how, seconds",
        "toutes les orientations envoyées (une ligne par orientation d’origine)" if one.code in ("ttr", "tto")
        else "tous les envois (une réorientation est un nouvel envoi)",
    )


RATES = (
    Definition(
        "loop", "Boucle fermée",
        "Orientations d’origine dont l’issue codée est connue dans les 90 jours, sur toutes celles qui ont été "
        "envoyées. Celles restées sans réponse, rappelées ou retirées restent au dénominateur\u202f; seules les "
        "saisies par erreur en sortent.",
        _share(_LOOP, f"{_IS_ROOT} AND {_ROOT}"),
        "orientations d’origine envoyées",
        _LOOP,
    ),
    Definition(
        "verified", "Issue vérifiée",
        "Parmi toutes les orientations d’origine envoyées, celles dont l’issue a été confirmée par la personne ou "
        "par qui l’accompagne (et close dans les 90 jours).",
        _share(f"{_LOOP} AND confirmed", f"{_IS_ROOT} AND {_ROOT}"),
        "orientations d’origine envoyées",
        f"{_LOOP} AND confirmed",
    ),
    Definition(
        "accepted", "Acceptée du premier coup",
        "Orientations que le premier guichet a acceptées (réception confirmée, sans la décliner ni la réorienter "
        "ensuite), sur toutes les orientations d’origine envoyées, celles sans réponse comprises.",
        _share("accepted", f"{_NO_ERROR} AND hops = 0 AND {_SENT}"),
        "premiers envois",
        "accepted AND hops = 0",
    ),
    Definition(
        "redirected", "Réorientée au moins une fois",
        "Orientations d’origine qui ont changé de guichet\u202f; au plus trois fois.",
        _share("hops > 0", f"{_IS_ROOT} AND {_ROOT}"),
        "orientations d’origine envoyées",
        "hops > 0",
    ),
    Definition(
        "unreachable", "Personne injoignable",
        "Orientations d’origine closes parce que le guichet n’a pas pu joindre la personne (au moins trois essais, "
        "deux moyens, deux jours).",
        _share("state = 'closed' AND outcome = 'unreachable'", f"{_IS_ROOT} AND {_ROOT}"),
        "orientations d’origine envoyées",
        "state = 'closed' AND outcome = 'unreachable'",
    ),
    Definition(
        "withdrawn", "Accord retiré",
        "Orientations d’origine que la personne a arrêtées en retirant son accord.",
        _share("state = 'withdrawn'", f"{_IS_ROOT} AND {_ROOT}"),
        "orientations d’origine envoyées",
        "state = 'withdrawn'",
    ),
    Definition(
        "declined", "Déclinée",
        "Envois que le guichet a déclinés, et qui le sont toujours.",
        _share("state = 'declined'", f"{_NO_ERROR} AND {_SENT}"),
        "tous les envois",
        "state = 'declined'",
    ),
    Definition(
        "reminder", "Rappel suivi d’effet",
        "Rappels demandant une réponse au guichet, suivis d’une réponse dans les 48 heures.",
        "SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM unnest(answers) AS a\n"
        "    WHERE a BETWEEN told AND told + interval '48 hours')), count(*)\n"
        f"FROM referral.course, unnest(reminded) AS told WHERE {_NO_ERROR} AND {_SENT}",
        "rappels envoyés",
        "cardinality(reminded) > 0",
    ),
    Definition(
        "confirmed", "Réponses satisfaisantes",
        "Issues confirmées, parmi les issues que la personne ou qui l’accompagne a confirmées ou contredites. "
        "Les vérifications faites un mois et trois mois après la fin y comptent\u202f: droit vraiment ouvert, "
        "confirmée\u202f; pas ouvert, ou personne jamais contactée, contredite.",
        "SELECT count(*) FILTER (WHERE state = 'closed' AND confirmed),\n"
        "    count(*) FILTER (WHERE state = 'closed' AND confirmed) + sum(contradicted)\n"
        f"FROM referral.course WHERE {_NO_ERROR} AND {_SENT}",
        "issues confirmées ou contredites",
        "state = 'closed' AND confirmed",
    ),
)
HOLD = Definition(
    "hold", "Part du temps en pause",
    "Temps ouvré passé en pause, selon à qui était le tour, rapporté à tout le temps ouvré écoulé depuis l’envoi des "
    "orientations d’origine (jusqu’à leur clôture, ou jusqu’à maintenant). La pause n’arrête aucun des quatre temps.",
    "SELECT whose, sum(seconds) FROM referral.course, jsonb_each_text(held) AS h (whose, s),\n"
    f"    LATERAL (SELECT s::bigint AS seconds) AS x WHERE {_NO_ERROR} AND {_SENT}\nGROUP BY whose",
    "secondes ouvrées de pause terminée",
)
# A merge of two files is told to nobody (decision 26): a figure that counts people says so.
_TWICE = (
    " Qui a deux dossiers compte deux fois, même quand ils ont été réunis\u202f: le tableau ne sait pas qui est qui."
)
PEOPLE = Definition(
    "opened", "Droit ouvert dans les trois mois",
    "Personnes dont un droit a été repéré il y a trois mois ou plus\u202f: combien ont eu un droit ouvert dans les "
    "trois mois. Un droit déjà ouvert avant n’est pas compté. La Drees (Études et résultats n°\u00a01058) mesure "
    "63\u00a0%." + _TWICE,
    "SELECT count(*) FILTER (WHERE opened_at <= identified_at + interval '3 months'), count(*)\n"
    "FROM referral.personstep WHERE identified_at <= now() - interval '3 months'\n    AND "
    + (_COHORT % "met_at"),
    "personnes rencontrées, droit repéré il y a trois mois ou plus",
)
SAID = Definition(
    "useful", "Utile, selon la personne",
    "À la vérification d’un mois puis de trois mois, la personne dit si cela lui a été utile\u202f: oui, en partie, "
    "non, ou rien. Part de celles qui disent oui ou en partie, sur celles qui se prononcent. Par guichet à partir de "
    "cinq avis\u202f; le guichet ne lit pas ces réponses.",
    "SELECT count(*) FILTER (WHERE useful IN ('yes', 'partly')), count(useful)\nFROM referral.checkanswer WHERE "
    + (_COHORT % "at"),
    "réponses aux vérifications, par leur date",
)
_PARIS = "AT TIME ZONE 'Europe/Paris'"
_IS_OPEN = "state IN (" + ", ".join(f"'{state.value}'" for state in State if state in OPEN) + ")"
LATE = Definition(
    "retard", "Où ça bloque",
    "Les orientations ouvertes dont la date attendue est passée : réponse du guichet, premier contact, reprise après "
    "une pause, ou quatorze jours sans rien une fois la personne jointe. Comptées à l’heure pour une réponse, au "
    "lendemain pour le reste ; par guichet, par droit et par étape.",
    f"SELECT state, count(*) FROM referral.course\nWHERE {_IS_OPEN}\n"
    "    AND CASE state WHEN 'sent' THEN date_trunc('hour', due + interval '1 hour' - interval '1 microsecond')\n"
    f"        ELSE (date_trunc('day', due {_PARIS}) + interval '1 day') {_PARIS} END <= date_trunc('hour', now())\n"
    "GROUP BY state",
    "orientations ouvertes",
)
BACKLOG = Definition(
    "ouvertes", "Ouvertes, par ancienneté",
    "Toutes les orientations qui ne sont pas finies aujourd’hui, quelle que soit leur date d’envoi. L’âge part du tout "
    "premier envoi, réorientations comprises. Les saisies par erreur ne sont comptées nulle part.",
    f"SELECT state, count(*) FROM referral.course\nWHERE {_IS_OPEN}\nGROUP BY state",
    "orientations ouvertes",
)
CAUSES = Definition(
    "motifs", "Motifs de non-recours",
    "Les personnes rencontrées depuis six mois pour qui un bilan des droits a noté ce motif (typologie de l’Odenore). "
    "Une personne peut en avoir plusieurs ; elle compte une fois dans chacun." + _TWICE,
    "SELECT cause, count(*) FROM referral.personstep, unnest(causes) AS cause\n"
    "WHERE identified_at IS NOT NULL AND " + (_COHORT % "met_at") + "\nGROUP BY cause",
    "personnes rencontrées",
)
HEALTH = Definition(
    "sante", "Guichets à regarder",
    "Trois règles, par guichet et jamais par personne : au moins 50 envois en trois mois et 30 % ou plus déclinés ; "
    "au moins 50 orientations d’origine et 25 % ou moins de droits ouverts ; au moins 100 issues vérifiées en douze "
    "mois et 45 % ou moins de confirmées. En dessous de ces nombres, aucune règle ne s’applique.",
    "SELECT desk, count(*) FILTER (WHERE sent_in >= quarter) AS sent,\n"
    "    count(*) FILTER (WHERE sent_in >= quarter AND state = 'declined') AS declined,\n"
    "    count(*) FILTER (WHERE root_in >= quarter AND state <> 'redirected') AS roots,\n"
    "    count(*) FILTER (WHERE root_in >= quarter AND state = 'closed' AND outcome = 'right_opened') AS opened,\n"
    "    count(*) FILTER (WHERE root_in >= year AND state = 'closed' AND confirmed) AS confirmed,\n"
    "    coalesce(sum(contradicted) FILTER (WHERE sent_in >= year), 0) AS contradicted\n"
    f"FROM (SELECT *, date_trunc('month', sent_at {_PARIS}) AS sent_in,\n"
    f"    date_trunc('month', root_sent_at {_PARIS}) AS root_in,\n"
    f"    date_trunc('month', now() {_PARIS}) - interval '2 months' AS quarter,\n"
    f"    date_trunc('month', now() {_PARIS}) - interval '11 months' AS year FROM referral.course) AS c\n"
    f"WHERE {_NO_ERROR} GROUP BY desk",
    "orientations de chaque guichet",
)
DEFINITIONS = (*map(_of_time, TIMES), *RATES, HOLD, PEOPLE, SAID, HEALTH, LATE, BACKLOG, CAUSES)
