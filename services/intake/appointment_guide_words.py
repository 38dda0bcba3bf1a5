"""The words of a rights appointment as closed lists: what has to be ready first, and who helps with it."""

from contracts.vocabulary import Word


class Preparation(Word):
    """What a demand often needs before it can be made."""

    DOMICILIATION = "domiciliation", "Une adresse pour le courrier (domiciliation)"
    IDENTITY = "identity", "Une pièce d’identité"
    BANK = "bank", "Un relevé d’identité bancaire (RIB)"
    TAX = "tax", "Le dernier avis d’imposition"
    INCOME = "income", "Les justificatifs de ressources des trois derniers mois"
    ADDRESS = "address", "Un justificatif de domicile ou une attestation d’hébergement"
    RENT = "rent", "Le bail ou une quittance de loyer"
    FAMILY = "family", "Le livret de famille ou les actes de naissance"
    EMPLOYER = "employer", "L’attestation de l’employeur"
    SEPARATION = "separation", "Le jugement ou l’accord avec l’autre parent"
    ONLINE = "online", "Un compte en ligne et une adresse électronique"
    PHONE = "phone", "Un numéro de téléphone où la joindre"


class Helper(Word):
    """Who does it, or helps with it."""

    HERSELF = "herself", "Elle-même"
    REFERENT = "referent", "La personne référente"
    RELATIVE = "relative", "Un proche"
    DESK = "desk", "Un guichet"


class Readiness(Word):
    TODO = "todo", "À faire"
    DONE = "done", "Fait"


# The picture beside each word, of lucide.
PICTURES = {
    Preparation.DOMICILIATION: "mailbox",
    Preparation.IDENTITY: "id-card",
    Preparation.BANK: "landmark",
    Preparation.TAX: "receipt-text",
    Preparation.INCOME: "wallet",
    Preparation.ADDRESS: "map-pin-house",
    Preparation.RENT: "house",
    Preparation.FAMILY: "users",
    Preparation.EMPLOYER: "briefcase",
    Preparation.SEPARATION: "scale",
    Preparation.ONLINE: "at-sign",
    Preparation.PHONE: "phone",
}
_MONEY = (Preparation.IDENTITY, Preparation.BANK, Preparation.INCOME)
# What the demand of a right usually needs: a suggestion, the organisation in charge has the last word.
_NEEDED: dict[str, tuple[Preparation, ...]] = {
    "rsa": (*_MONEY, Preparation.FAMILY),
    "ppa": _MONEY,
    "aspa": (*_MONEY, Preparation.TAX),
    "css": (Preparation.IDENTITY, Preparation.INCOME, Preparation.TAX),
    "apl": (Preparation.IDENTITY, Preparation.BANK, Preparation.RENT),
    "aah": (Preparation.IDENTITY, Preparation.ADDRESS),
    "asf": (Preparation.IDENTITY, Preparation.BANK, Preparation.FAMILY, Preparation.SEPARATION),
    "cheque_energie": (Preparation.TAX, Preparation.ADDRESS),
    "asi": (*_MONEY, Preparation.TAX),
    "are": (Preparation.IDENTITY, Preparation.BANK, Preparation.EMPLOYER),
    "aeeh": (Preparation.IDENTITY, Preparation.BANK, Preparation.FAMILY),
    "apa": (Preparation.IDENTITY, Preparation.TAX),
    "fsl": (Preparation.IDENTITY, Preparation.INCOME, Preparation.RENT),
    "aide_facultative": (Preparation.IDENTITY, Preparation.INCOME),
    "domiciliation": (Preparation.DOMICILIATION, Preparation.IDENTITY),
    "scolarisation": (Preparation.FAMILY, Preparation.ADDRESS),
}


def suggested(rights: set[str]) -> tuple[Preparation, ...]:
    """What these rights usually need, in the order of the list; for a right of the territory, who one is."""
    wanted = {one for right in rights for one in _NEEDED.get(right, (Preparation.IDENTITY,))}
    return tuple(one for one in Preparation if one in wanted)
