"""The words of a referral: attempts, pauses, refusals, outcomes, tasks, appointments, erasures."""

from contracts.word import Word


class AttemptChannel(Word):
    PHONE = "phone", "Téléphone"
    SMS = "sms", "SMS"
    MAIL = "mail", "Courriel"
    LETTER = "letter", "Courrier"
    VISIT = "visit", "En personne"
    REFERENT = "referent", "Par la personne qui l’accompagne"


class AttemptResult(Word):
    REACHED = "reached", "Personne jointe"
    NO_ANSWER = "no_answer", "Pas de réponse"
    MESSAGE_LEFT = "message_left", "Message laissé"
    WRONG_CONTACT = "wrong_contact", "Coordonnées fausses"
    CALL_BACK = "call_back", "À rappeler"


class Turn(Word):
    """Whose turn it is while a referral is on hold."""

    DESK = "desk", "Au guichet"
    REFERENT = "referent", "À la personne référente"
    PERSON = "person", "À la personne accompagnée"
    THIRD_PARTY = "third_party", "À un autre organisme"


class HoldReason(Word):
    DECISION_AWAITED = "decision_awaited", "Dossier déposé, décision attendue"
    DOCUMENTS_AWAITED = "documents_awaited", "Pièces attendues"
    INFORMATION_REQUESTED = "information_requested", "Précision demandée"
    APPOINTMENT_SET = "appointment_set", "Rendez-vous fixé"
    PERSON_ASKED = "person_asked", "À la demande de la personne"


class DeclineReason(Word):
    """`Not eligible` is an outcome, not a decline."""

    NOT_COMPETENT = "not_competent", "Ce droit n’est pas de notre ressort"
    OUT_OF_AREA = "out_of_area", "Hors de notre secteur"
    NO_CAPACITY = "no_capacity", "Nous ne pouvons pas la recevoir à temps"
    DUPLICATE = "duplicate", "Nous suivons déjà cette demande"
    INCOMPLETE = "incomplete", "Il manque une information indispensable"


class RecallReason(Word):
    MISTAKE = "mistake", "Envoyée par erreur"
    PERSON_CHANGED_MIND = "person_changed_mind", "La personne préfère attendre"
    SOLVED_OTHERWISE = "solved_otherwise", "Réglé autrement"
    WRONG_DESK = "wrong_desk", "Mauvais guichet"
    NO_ANSWER = "no_answer", "Pas de réponse du guichet"


class DepartureReason(Word):
    """Why a referral was taken back although nobody decided about it: one of the two sides left the network."""

    DESK_LEFT = "desk_left", "L’organisme qui recevait a quitté le réseau"
    SENDER_LEFT = "sender_left", "L’organisme qui accompagnait a quitté le réseau"


class ReopenReason(Word):
    CONTRADICTED = "contradicted", "L’issue n’est pas la bonne"
    NEW_ELEMENT = "new_element", "Un élément nouveau"
    CLOSED_BY_MISTAKE = "closed_by_mistake", "Terminée par erreur"
    PERSON_BACK = "person_back", "La personne revient"


class ErrorReason(Word):
    WRONG_PERSON = "wrong_person", "Ce n’est pas la bonne personne"
    WRONG_RIGHT = "wrong_right", "Ce n’est pas le bon droit"
    ENTERED_TWICE = "entered_twice", "Saisie deux fois"
    TEST = "test", "Essai"


class AccompanimentRefusal(Word):
    """Why a desk refused the accompanying person (CRPA R.113-… and each body's charter); always counted."""

    CONFIDENTIALITY = "confidentiality", "Confidentialité d’un tiers"
    SPACE = "space", "Locaux"
    SAFETY = "safety", "Sécurité"
    RULE = "rule", "Règle de l’organisme"


class Outcome(Word):
    RIGHT_OPENED = "right_opened", "Droit ouvert"
    ALREADY_OPEN = "already_open", "Droit déjà ouvert"
    REFUSED = "refused", "Demande refusée"
    NOT_ELIGIBLE = "not_eligible", "Non éligible"
    UNREACHABLE = "unreachable", "Injoignable"
    NO_SHOW = "no_show", "Ne s’est pas présentée"
    PERSON_GAVE_UP = "person_gave_up", "A renoncé"
    MOVED_AWAY = "moved_away", "A déménagé"
    DECEASED = "deceased", "Décès"
    OTHER = "other", "Autre issue"


class RefusalGround(Word):
    RESOURCES_TOO_HIGH = "resources_too_high", "Ressources au-dessus du plafond"
    RESIDENCE = "residence", "Condition de résidence"
    AGE_CONDITION = "age_condition", "Condition d’âge"
    INCOMPLETE_FILE = "incomplete_file", "Dossier incomplet"
    OTHER_CONDITION = "other_condition", "Autre condition"


class AppointmentPlace(Word):
    """Where a joint appointment is held; a permanence is one of the directory's."""

    DESK = "desk", "Au guichet"
    PERMANENCE = "permanence", "À une permanence"
    PHONE = "phone", "Par téléphone"


class AppointmentSide(Word):
    """Which side proposed an appointment."""

    REFERENT = "referent", "La personne référente"
    DESK = "desk", "Le guichet"


class Attendee(Word):
    """Who takes part in a joint appointment."""

    PERSON = "person", "La personne accompagnée"
    REFERENT = "referent", "La personne référente"
    DESK = "desk", "Le guichet"


class AppointmentState(Word):
    """What became of an appointment."""

    PROPOSED = "proposed", "Proposé"
    ACCEPTED = "accepted", "Convenu"
    DECLINED = "declined", "Pas retenu"
    CANCELLED = "cancelled", "Annulé"
    HELD = "held", "A eu lieu"


class SafeguardMatter(Word):
    """What the data protection officer must know at once."""

    MANY_FILES = "many_files", "Beaucoup de dossiers de collègues ouverts dans la journée"
    EMERGENCY = "emergency", "Une urgence a été notée"


class TaskKind(Word):
    """What a referent has to do, made by a clock or by another's action; never silent."""

    EXPIRED = "expired", "Restée sans réponse\u202f: relancez ou confiez à un autre guichet"
    UNREACHABLE = "unreachable", "Le guichet n’a pas pu joindre la personne"
    DECLINED = "declined", "Le guichet a décliné"
    QUESTION = "question", "Le guichet pose une question"
    REDIRECT = "redirect", "Le guichet propose un autre guichet"
    OUTCOME_TO_CHECK = "outcome_to_check", "Vérifiez l’issue avec la personne"
    CONSENT_ENDING = "consent_ending", "L’accord de la personne arrive à son terme"


class FollowTask(Word):
    """What is to be done after the end: a task of the nearest TaskKind, for whoever does not know these words."""

    CHECK_30 = "check_30", "Un mois après, vérifiez avec la personne ce qu’il en est"
    CHECK_90 = "check_90", "Trois mois après, vérifiez avec la personne ce qu’il en est"
    RIGHT_TO_RENEW = "right_to_renew", "Ce droit arrive à son terme\u202f: préparez son renouvellement"


class Usefulness(Word):
    """Whether what the desk did was of use, as the person says it."""

    YES = "yes", "Oui"
    PARTLY = "partly", "En partie"
    NO = "no", "Non"


class RightReally(Word):
    """Whether the right is really open, as the person sees it."""

    YES = "yes", "Oui, le droit est ouvert"
    NOT_YET = "not_yet", "Pas encore, c’est en cours"
    NO = "no", "Non, le droit n’est pas ouvert"


class KeptRight(Word):
    """What became of an opened right when it came to its term."""

    RENEWED = "renewed", "Le droit est renouvelé"
    UNDER_WAY = "under_way", "La demande de renouvellement est faite"
    ENDED = "ended", "Le droit s’arrête, la personne n’y a plus droit"


class ManagerAsk(Word):
    """What the coordination asks of a desk's manager: coded, so that nothing about a person is in it."""

    ASSIGN = "assign", "Attribuer l’orientation à quelqu’un qui peut y répondre"
    CONTACT = "contact", "Faire contacter la personne sans attendre"
    NEWS = "news", "Dire où en est l’orientation"


class LadderReason(Word):
    """Why the delays and reminders were changed."""

    AGREED = "agreed", "Convenu avec le guichet"
    TOO_SLOW = "too_slow", "Les réponses arrivent trop tard"
    TOO_MANY = "too_many", "Trop de rappels"
    STAFFING = "staffing", "Moyens du guichet qui changent"
    RULE = "rule", "Décision de la coordination"


class DepartureTask(Word):
    """What a departure asks of a referent: a task of the nearest TaskKind, for whoever does not know these words."""

    UNATTENDED = "unattended", "Plus personne ne suit cette orientation au guichet"
    DESK_LEFT = "desk_left", "L’organisme a quitté le réseau\u202f: choisissez un autre guichet"


class ErasureCause(Word):
    """Why a desk is asked to erase what it read."""

    WITHDRAWAL = "withdrawal", "La personne a retiré son accord"
    NARROWING = "narrowing", "La personne a réduit son accord"


class ErasureState(Word):
    """What became of a request to erase."""

    ASKED = "asked", "Réponse attendue"
    ERASED = "erased", "Effacé"
    KEPT = "kept", "Conservé, avec un motif"


class KeepingReason(Word):
    """Why a desk keeps what it read; what was lawfully done stays lawful (GDPR art. 17.3)."""

    APPLICATION_FILED = "application_filed", "Une demande est déjà déposée avec ces informations"
    LEGAL_DUTY = "legal_duty", "Une obligation légale de conservation"
    APPEAL = "appeal", "Un recours ou un contentieux est en cours"
    OWN_SOURCE = "own_source", "Nous avions déjà ces informations par ailleurs"
