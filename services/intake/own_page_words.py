"""What a person's own page says of her referrals, in words for her. Pure; pages of other languages have their own."""

from contracts.lifecycle import State
from contracts.vocabulary import Outcome, Turn, Word
from services.intake.data_request_rules import Kind
from services.intake.data_request_rules import State as RequestState
from services.intake.journal_kinds import Kind as Done

_STATES = {
    State.DRAFT: "Pas encore partie.",
    State.SENT: "Votre demande est arrivée. Le guichet n’a pas encore répondu.",
    State.ACKNOWLEDGED: "Le guichet a bien reçu votre demande. Il doit vous contacter.",
    State.IN_PROGRESS: "Le guichet s’occupe de votre demande.",
    State.DECLINED: "Ce guichet ne peut pas s’en occuper. La personne qui vous accompagne cherche une autre solution.",
    State.REDIRECTED: "Votre demande est partie à un autre guichet.",
    State.RECALLED: "La personne qui vous accompagne a repris la demande.",
    State.EXPIRED: "Le guichet n’a pas répondu. La personne qui vous accompagne le relance.",
    State.WITHDRAWN: "Vous avez retiré votre accord\u202f: le guichet ne lit plus rien.",
    State.ENTERED_IN_ERROR: "C’était une erreur. Rien n’en est gardé.",
}
_OUTCOMES = {
    Outcome.RIGHT_OPENED: "Le guichet dit que votre droit est ouvert.",
    Outcome.ALREADY_OPEN: "Le guichet dit que ce droit était déjà ouvert.",
    Outcome.REFUSED: "Le guichet dit que votre demande est refusée.",
    Outcome.NOT_ELIGIBLE: "Le guichet dit que vous n’avez pas ce droit.",
    Outcome.UNREACHABLE: "Le guichet dit qu’il n’a pas réussi à vous joindre.",
    Outcome.NO_SHOW: "Le guichet dit que vous n’étiez pas au rendez-vous.",
    Outcome.PERSON_GAVE_UP: "Le guichet dit que vous avez renoncé.",
    Outcome.MOVED_AWAY: "Le guichet dit que vous avez déménagé.",
    Outcome.DECEASED: "Le guichet a terminé ce dossier.",
    Outcome.OTHER: "Le guichet a terminé ce dossier.",
}
_TURNS = {
    Turn.DESK: "En attente\u202f: c’est au guichet d’agir.",
    Turn.REFERENT: "En attente\u202f: le guichet a demandé une précision à la personne qui vous accompagne.",
    Turn.PERSON: "En attente\u202f: le guichet attend quelque chose de vous. Parlez-en à qui vous accompagne.",
    Turn.THIRD_PARTY: "En attente de la réponse d’un autre organisme.",
}
# What professionals call « elle » is said to her as « vous ».
FOR_HER = {
    "Personne": "Votre initiale",
    "Quand l’appeler": "Quand vous appeler",
    "Ce qui l’aiderait": "Ce qui vous aiderait",
    "Accompagnée de": "Qui vous accompagne",
    "Personne qui l’accompagne": "Qui vous accompagne",
}
# What an agent did, as it completes « un agent… ».
WORKED = "a travaillé sur votre dossier"
DONE_TO_HER = {
    Done.DISCLOSED: "a lu ce qui est partagé",
    Done.READ_FILE: "a ouvert votre dossier",
    Done.READ_REFERRAL: "a ouvert votre demande",
    Done.PREVIEWED: "a vu d’avance ce que lira le guichet",
    Done.LISTED: "a vu votre nom dans une liste",
    Done.SEARCHED: "vous a cherchée ou cherché",
    Done.CREATED: "a créé votre dossier",
    Done.CHANGED: "a modifié votre dossier",
    Done.MET: "a noté une rencontre avec vous",
    Done.SITUATION_CHANGED: "a mis à jour votre situation",
    Done.RIGHT_NOTED: "a noté un droit que vous avez peut-être",
    Done.RIGHT_REMOVED: "a retiré un droit de votre liste",
    Done.APPOINTMENT_KEPT: "a noté votre rendez-vous des droits",
    Done.CONSENT_GIVEN: "a noté votre accord",
    Done.CONSENT_REFUSED: "a noté votre refus",
    Done.CONSENT_CHANGED: "a modifié votre accord",
    Done.CONSENT_WITHDRAWN: "a noté que vous retirez votre accord",
    Done.OPPOSED: "a noté que vous vous opposez",
    Done.HANDED_OVER: "a confié votre demande à un guichet",
    Done.HANDOVER_CHANGED: "a modifié votre demande",
    Done.NOTE_READ: "a lu un message à votre sujet",
    Done.NOTE_WRITTEN: "a écrit un message à votre sujet",
    Done.RECEIPT_GIVEN: "a noté que vous avez votre reçu",
    Done.PRINTED: "a imprimé votre dossier",
    Done.EXPORTED: "a copié votre dossier dans un fichier",
    Done.CONTACTED: "vous a contactée ou contacté",
    Done.OWN_PAGE_OPENED: "a ouvert votre page",
    Done.REQUEST_HANDLED: "a traité votre demande sur vos informations",
    Done.RECTIFIED: "a corrigé votre dossier",
    Done.LIMITED: "a mis votre dossier en pause",
    Done.ERASED: "a effacé des informations",
    Done.BREAK_GLASS_DECLARED: "a prévenu les secours ou une autorité pour vous protéger",
    Done.BREAK_GLASS_CONFIRMED: "a confirmé cette urgence",
    Done.FILES_MERGED: "a réuni deux dossiers à votre nom",
    Done.FILES_SEPARATED: "a séparé deux dossiers réunis",
    Done.FILES_SET_APART: "a noté que l’autre dossier n’est pas le vôtre",
    Done.REASON_GIVEN: "a dit pourquoi ouvrir votre dossier",
    Done.JOURNAL_READ: "a consulté la liste de ce qui est fait",
}
ASKED = {
    Kind.ACCESS: ("Recevoir une copie", "Tout ce que Relais garde sur vous."),
    Kind.RECTIFICATION: ("Faire corriger", "Quelque chose est faux ou a changé."),
    Kind.ERASURE: ("Faire effacer", "Que Relais ne garde plus rien sur vous."),
    Kind.LIMITATION: ("Mettre en pause", "Que plus personne n’utilise vos informations pendant que l’on vérifie."),
    Kind.OPPOSITION: ("Vous opposer", "Que Relais n’utilise plus vos informations."),
}
_REQUESTS = {
    RequestState.RECEIVED: "Bien reçue",
    RequestState.IN_PROGRESS: "En cours",
    RequestState.EXTENDED: "En cours, il faut plus de temps",
    RequestState.DONE: "Faite",
    RequestState.REFUSED: "Refusée, on vous a dit pourquoi",
}


def where_it_is(state: str, turn: str | None, outcome: str | None) -> str:
    """Where a referral is, in one sentence for the person."""
    now = _word(State, state)
    if now is State.CLOSED:
        return _OUTCOMES.get(_word(Outcome, outcome), _OUTCOMES[Outcome.OTHER])  # type: ignore[arg-type]
    if now is State.ON_HOLD:
        return _TURNS.get(_word(Turn, turn), _TURNS[Turn.DESK])  # type: ignore[arg-type]
    return _STATES.get(now, _STATES[State.DRAFT])  # type: ignore[arg-type]


def request_state(state: str) -> str:
    """Where a request about her data is."""
    return _REQUESTS[RequestState(state)]


def times(count: int) -> str:
    """`une fois`, `3 fois`."""
    return "une fois" if count == 1 else f"{count} fois"


def _word(kind: type[Word], code: str | None) -> Word | None:
    return kind(code) if code in set(kind) else None
