"""The words of the journal as closed lists: what was done, to what, by whom in which role, and why.

Pure rules: how long an entry is kept, and how it is read as a sentence.
"""

from datetime import datetime, timedelta

from contracts.vocabulary import Word

# CNIL, délibération 2021-122 on logging: six months to one year; up to three years where the log serves to control
# who had access to what.
KEPT = timedelta(days=365)
KEPT_FOR_CONTROL = timedelta(days=3 * 365)


class Kind(Word):
    """What was done with personal data; the label completes « Sonia B. … »."""

    DISCLOSED = "disclosed", "a lu ce qui est partagé"
    READ_FILE = "read_file", "a ouvert le dossier"
    READ_REFERRAL = "read_referral", "a ouvert l’orientation"
    PREVIEWED = "previewed", "a vu d’avance ce que lira le guichet"
    LISTED = "listed", "a vu une liste de personnes"
    SEARCHED = "searched", "a cherché une personne"
    CREATED = "created", "a créé le dossier"
    CHANGED = "changed", "a modifié le dossier"
    MET = "met", "a noté une rencontre"
    SITUATION_CHANGED = "situation_changed", "a mis à jour la situation"
    RIGHT_NOTED = "right_noted", "a noté un droit potentiel"
    RIGHT_REMOVED = "right_removed", "a retiré un droit potentiel"
    APPOINTMENT_KEPT = "appointment_kept", "a noté un rendez-vous des droits"
    CONSENT_GIVEN = "consent_given", "a noté un accord"
    CONSENT_REFUSED = "consent_refused", "a noté un refus"
    CONSENT_CHANGED = "consent_changed", "a modifié un accord"
    CONSENT_WITHDRAWN = "consent_withdrawn", "a retiré un accord"
    OPPOSED = "opposed", "a noté une opposition"
    HANDED_OVER = "handed_over", "a confié la personne à un guichet"
    HANDOVER_CHANGED = "handover_changed", "a modifié une orientation"
    NOTE_READ = "note_read", "a lu un échange"
    NOTE_WRITTEN = "note_written", "a écrit dans l’échange"
    RECEIPT_GIVEN = "receipt_given", "a remis un justificatif"
    PRINTED = "printed", "a imprimé"
    EXPORTED = "exported", "a exporté"
    CONTACTED = "contacted", "a contacté la personne"
    OWN_PAGE_OPENED = "own_page_opened", "a ouvert sa page"
    REQUEST_HANDLED = "request_handled", "a traité une demande de la personne"
    RECTIFIED = "rectified", "a rectifié le dossier"
    LIMITED = "limited", "a limité l’usage du dossier"
    ERASED = "erased", "a effacé des données"
    BREAK_GLASS_DECLARED = "break_glass_declared", "a déclaré une urgence"
    BREAK_GLASS_CONFIRMED = "break_glass_confirmed", "a confirmé une urgence"
    FILES_MERGED = "files_merged", "a réuni deux dossiers d’une même personne"
    FILES_SEPARATED = "files_separated", "a séparé deux dossiers réunis"
    FILES_SET_APART = "files_set_apart", "a noté que deux dossiers sont de deux personnes"
    REASON_GIVEN = "reason_given", "a dit pourquoi ouvrir ce dossier"
    JOURNAL_READ = "journal_read", "a consulté le journal"
    ROUTE_DECIDED = "route_decided", "a décidé d’un circuit de partage"


class Thing(Word):
    """What an entry is about."""

    PERSON = "person", "dossier"
    PEOPLE = "people", "liste de personnes"
    ENCOUNTER = "encounter", "rencontre"
    SITUATION = "situation", "situation"
    GRANT = "grant", "accord"
    RIGHT = "right", "droit potentiel"
    APPOINTMENT = "appointment", "rendez-vous des droits"
    HANDOVER = "handover", "orientation"
    NOTE = "note", "échange"
    RECEIPT = "receipt", "justificatif"
    REQUEST = "request", "demande de la personne"
    OPPOSITION = "opposition", "opposition"
    BREAK_GLASS = "break_glass", "urgence"
    JOURNAL = "journal", "journal"
    OTHER = "other", "autre"


class Reason(Word):
    """Why somebody opens the file of a person whom a colleague follows; `deputy` is read in the directory."""

    COVERS_COLLEAGUE = "covers_colleague", "Je remplace la collègue qui suit cette personne"
    PERSON_IN_FRONT = "person_in_front", "La personne est devant moi ou au téléphone"
    ASKED_BY_COLLEAGUE = "asked_by_colleague", "La collègue qui la suit me l’a demandé"
    SUPERVISION = "supervision", "Encadrement ou reprise du dossier"
    DUPLICATE_CHECK = "duplicate_check", "Vérifier si c’est la même personne"
    DEPUTY = "deputy", "Suppléance inscrite à l’annuaire"


class Outcome(Word):
    """How it ended."""

    DONE = "done", "fait"
    REFUSED = "refused", "refusé"


PERSON_HERSELF = "person"
SYSTEM = "system"
_FOR_CONTROL = frozenset(
    {
        Kind.DISCLOSED,
        Kind.EXPORTED,
        Kind.PRINTED,
        Kind.CONSENT_GIVEN,
        Kind.CONSENT_REFUSED,
        Kind.CONSENT_CHANGED,
        Kind.CONSENT_WITHDRAWN,
        Kind.OPPOSED,
        Kind.HANDED_OVER,
        Kind.ERASED,
        Kind.BREAK_GLASS_DECLARED,
        Kind.BREAK_GLASS_CONFIRMED,
        Kind.FILES_MERGED,
        Kind.FILES_SEPARATED,
        Kind.REASON_GIVEN,
        Kind.JOURNAL_READ,
    }
)


def age_of(months: int) -> timedelta:
    """So many months as a number of days, the same all year: twelve are 365 days."""
    return timedelta(days=round(months * 365 / 12))


def keep_until(
    kind: Kind,
    outcome: Outcome,
    reason: str | None,
    at: datetime,
    *,
    kept: timedelta = KEPT,
    for_control: timedelta = KEPT_FOR_CONTROL,
) -> datetime:
    """The instant from which an entry may be erased: `kept` on, or `for_control` where it serves to control access."""
    control = kind in _FOR_CONTROL or outcome is Outcome.REFUSED or reason is not None
    return at + (for_control if control else kept)
