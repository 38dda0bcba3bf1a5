"""The words of people and of those who receive them: organisations, meetings, consent, situation."""

from contracts.word import Word


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
    WISH = "wish", "Elle souhaite en savoir plus"


class HandoverMode(Word):
    APPEL_A_TROIS = "appel_a_trois", "Appel à trois"
    RDV_ACCOMPAGNE = "rdv_accompagne", "Rendez-vous accompagné"
    RDV_PRIS = "rdv_pris", "Rendez-vous pris"
    DOSSIER_TRANSMIS = "dossier_transmis", "Dossier transmis"


class Capacity(Word):
    """Whether a desk can take more now; a full one still receives, and says so before somebody sends."""

    OPEN = "open", "Prend de nouvelles orientations"
    FULL = "full", "Complet\u202f: la réponse prendra plus de temps"


class Document(Word):
    """What a desk usually asks a person to bring."""

    IDENTITY = "identity", "Pièce d’identité"
    ADDRESS = "address", "Justificatif de domicile"
    RESOURCES = "resources", "Justificatifs de ressources"
    TAX = "tax", "Avis d’imposition"
    BANK = "bank", "Relevé d’identité bancaire"
    FAMILY = "family", "Livret de famille"
    RENT = "rent", "Bail ou quittance de loyer"
    WORK = "work", "Contrat de travail ou attestation d’employeur"


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
    OWN_PAGE = "own_page", "Sur sa page, avec son code"

    @classmethod
    def noted(cls) -> list[tuple[str, str]]:
        """(code, label) of those that a professional notes."""
        return [one for one in cls.options() if one[0] != cls.OWN_PAGE.value]


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


class Representation(Word):
    """Who gives or assists an agreement beside the person herself (Code civil, art. 371-1, 440, 459 and 494-1;
    CASF, art. L.311-5-1).
    """

    MINOR = "minor", "Mineure ou mineur\u202f: la personne qui a l’autorité parentale"
    TUTELLE = "tutelle", "Sous tutelle\u202f: la tutrice ou le tuteur"
    CURATELLE = "curatelle", "Sous curatelle\u202f: avec la curatrice ou le curateur"
    HABILITATION = "habilitation", "Habilitation familiale\u202f: la personne habilitée"
    TRUSTED = "personne_de_confiance", "Avec sa personne de confiance"


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
