"""The words of the field as closed lists: the code travels, the French label is shown. Sources in
`docs/vocabulary.md`.
"""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A coded word with the French label that people read."""

    label: str

    def __new__(cls, code: str, label: str = "") -> Self:
        word = str.__new__(cls, code)
        word._value_ = code
        word.label = label or code
        return word

    @classmethod
    def options(cls) -> list[tuple[str, str]]:
        """(code, label) pairs in the order of the list, for a form."""
        return [(word.value, word.label) for word in cls]


class OrganisationKind(Word):
    CCAS = "ccas", "CCAS"
    ASSOCIATION = "association", "Association"
    FRANCE_SERVICES = "france_services", "France services"
    CAF = "caf", "Caf"
    CPAM = "cpam", "CPAM"
    MSA = "msa", "MSA"
    CARSAT = "carsat", "Carsat"
    FRANCE_TRAVAIL = "france_travail", "France Travail"
    DEPARTEMENT = "departement", "Département"
    MDPH = "mdph", "MDPH"
    BAILLEUR = "bailleur", "Bailleur"
    EPCI = "epci", "Intercommunalité"


class Scheme(Word):
    GENERAL = "general", "Régime général"
    AGRICULTURAL = "agricultural", "Régime agricole"


class Channel(Word):
    """How a person was met (aller-vers)."""

    PERMANENCE = "permanence", "Permanence"
    RDV_DES_DROITS = "rdv_des_droits", "Rendez-vous des droits"
    DOMICILE = "domicile", "Visite à domicile"
    EVENEMENT = "evenement", "Événement, marché, collecte"
    MARAUDE = "maraude", "Maraude"
    TELEPHONE = "telephone", "Téléphone"
    LISTE_PARTENAIRE = "liste_partenaire", "Liste d’un partenaire"


class NonTakeUpCause(Word):
    """Causes of non-take-up (typology of Odenore)."""

    NON_CONNAISSANCE = "non_connaissance", "Ne connaissait pas ce droit"
    NON_DEMANDE = "non_demande", "Connaît, mais ne demande pas"
    NON_RECEPTION = "non_reception", "A demandé, n’a rien reçu"
    NON_PROPOSITION = "non_proposition", "Personne ne le lui a proposé"


class Ground(Word):
    """Why a right is presumed; never a decision."""

    HOUSEHOLD = "household", "Sa situation familiale"
    RESOURCES = "resources", "Ses ressources"
    HOUSING = "housing", "Son logement"
    AGE = "age", "Son âge"
    ACTIVITY = "activity", "Son activité"
    DEPENDENCE = "dependence", "Une perte d’autonomie ou un handicap déclaré"
    LOST_RIGHT = "lost_right", "Un droit interrompu"
    PARTNER_LIST = "partner_list", "Signalé par une caisse"


class HandoverMode(Word):
    APPEL_A_TROIS = "appel_a_trois", "Appel à trois"
    RDV_ACCOMPAGNE = "rdv_accompagne", "Rendez-vous accompagné"
    RDV_PRIS = "rdv_pris", "Rendez-vous pris"
    DOSSIER_TRANSMIS = "dossier_transmis", "Dossier transmis"


class Purpose(Word):
    """What a grant is for: one purpose each."""

    OPEN_RIGHT = "open_right", "Étudier et ouvrir un droit"
    APPOINTMENT = "appointment", "Convenir d’un rendez-vous"
    FOLLOW_UP = "follow_up", "Suivre la demande jusqu’au bout"


class ConsentMethod(Word):
    ORAL_IN_PERSON = "oral_in_person", "À l’oral, en sa présence"
    ORAL_BY_PHONE = "oral_by_phone", "À l’oral, par téléphone"
    PAPER = "paper", "Sur papier"
    SIGNED_ON_SCREEN = "signed_on_screen", "Signé à l’écran"
    SMS_REPLY = "sms_reply", "Réponse par SMS"


class Language(Word):
    FR = "fr", "Français"
    FALC = "fr-falc", "Français facile à lire"
    AR = "ar", "Arabe"
    EN = "en", "Anglais"
    ES = "es", "Espagnol"
    PT = "pt", "Portugais"
    RO = "ro", "Roumain"
    RU = "ru", "Russe"
    TR = "tr", "Turc"
    UK = "uk", "Ukrainien"
    OTHER = "other", "Autre"


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


class TaskKind(Word):
    """What a referent has to do, made by a clock or by another's action; never silent."""

    EXPIRED = "expired", "Sans réponse depuis 30 jours\u202f: relancez ou confiez à un autre guichet"
    UNREACHABLE = "unreachable", "Le guichet n’a pas pu joindre la personne"
    DECLINED = "declined", "Le guichet a décliné"
    QUESTION = "question", "Le guichet pose une question"
    REDIRECT = "redirect", "Le guichet propose un autre guichet"
    OUTCOME_TO_CHECK = "outcome_to_check", "Vérifiez l’issue avec la personne"
    CONSENT_ENDING = "consent_ending", "L’accord de la personne arrive à son terme"


class HouseholdKind(Word):
    ALONE = "alone", "Seule"
    ALONE_WITH_CHILDREN = "alone_with_children", "Seule avec enfant(s)"
    COUPLE = "couple", "En couple"
    COUPLE_WITH_CHILDREN = "couple_with_children", "En couple avec enfant(s)"
    OTHER = "other", "Autre"


class HousingKind(Word):
    TENANT = "tenant", "Locataire"
    OWNER = "owner", "Propriétaire"
    HOSTED = "hosted", "Hébergée par quelqu’un"
    SHELTER = "shelter", "En foyer ou centre d’hébergement"
    NONE = "none", "Sans logement"


class EmploymentKind(Word):
    EMPLOYED = "employed", "En emploi"
    PART_TIME = "part_time", "En emploi à temps partiel"
    SELF_EMPLOYED = "self_employed", "À son compte"
    UNEMPLOYED = "unemployed", "Sans emploi"
    RETIRED = "retired", "Retraitée"
    STUDENT = "student", "En études ou en formation"
    OTHER = "other", "Autre"


class ResourcesBand(Word):
    """Monthly resources of the household, in euros, before any benefit that is asked for."""

    NONE = "none", "Aucune"
    UNDER_600 = "under_600", "Moins de 600 €"
    FROM_600_TO_1200 = "600_1200", "De 600 à 1 200 €"
    FROM_1200_TO_2000 = "1200_2000", "De 1 200 à 2 000 €"
    OVER_2000 = "over_2000", "Plus de 2 000 €"


class Civility(Word):
    MADAME = "mme", "Mme"
    MONSIEUR = "m", "M."
    NONE = "none", ""
