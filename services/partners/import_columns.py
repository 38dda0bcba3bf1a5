"""The columns of an imported directory: how each is called in a file, how it is recognised, and how its cell is read.

Every value is a text in one canonical form, so that what the file says and what the directory holds can be compared.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from contracts.refusals import SocialSecurityNumberRefused
from contracts.rights import catalogue
from contracts.social_security_number import holds_a_nir
from contracts.vocabulary import HandoverMode, OrganisationKind
from services.partners.directory_commands import CARD, NAME, looks_like_email, without_long_number

BETWEEN = " | "
_SHORTENED = re.compile(r"\d[.,]\d+[eE]\+?\d+")
_APART = re.compile(r"[^a-z0-9]+")


def folded(text: str) -> str:
    """Lower case without accents and with single blanks between words: `C.C.A.S. d’Œuvre` is `c c a s d oeuvre`."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae").replace("ß", "ss").replace("ø", "o").replace("ł", "l")
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _APART.sub(" ", plain).strip()


def tidy(text: str) -> str:
    """One line with single blanks, without what PostgreSQL cannot hold (a zero, half a character that JSON may write).
    The apostrophe before what a spreadsheet would take for a formula is taken off.
    """
    found = " ".join(text.replace("\0", "").encode(errors="ignore").decode().split())
    return found[1:] if found[:1] == "'" and found[1:2] in ("=", "+", "-", "@") else found


@dataclass(frozen=True)
class Column:
    """One thing that a file may say. `header` is its name in the model; `also` are other names of it, folded.

    `read` gives the canonical text of a cell; it raises ValueError with the sentence for the page.
    """

    code: str
    header: str
    label: str
    read: Callable[[str], str]
    also: tuple[str, ...] = ()

    def names(self) -> set[str]:
        """The folded names by which a header is recognised."""
        return {folded(self.header), folded(self.label), *self.also}


def _line(most: int, least: int = 0) -> Callable[[str], str]:
    def read(text: str) -> str:
        found = tidy(text)
        if len(found) < least:
            raise ValueError(f"Écrivez au moins {least} caractères.")
        if len(found) > most:
            raise ValueError(f"C’est trop long\u202f: {most} caractères au plus, il y en a {len(found)}.")
        return without_long_number(found)

    return read


def _identifier(text: str) -> str:
    found = tidy(text)
    if len(found) > 200:
        raise ValueError("Un identifiant a 200 caractères au plus.")
    return found


def read_siret(text: str) -> str:
    """14 digits with a right key. Excel drops the zeros in front, and shortens long numbers for good."""
    from stdnum.fr import siret

    found = tidy(text)
    if _SHORTENED.fullmatch(found):
        raise ValueError("Excel a abrégé ce SIRET. Mettez la colonne au format Texte, ou récrivez les 14 chiffres ici.")
    digits = re.sub(r"[\s.-]", "", found)
    digits = digits.zfill(14) if digits.isdecimal() and 9 < len(digits) < 14 else digits
    if not siret.is_valid(digits):
        raise ValueError("Un SIRET a 14 chiffres. Vérifiez celui-ci, ou videz la case.")
    return digits


def read_phone(text: str) -> str:
    """`02 61 91 00 01` for a French number, as it is written otherwise (`3230`). Excel drops the zero in front."""
    found = tidy(text)
    digits = re.sub(r"\D", "", found)
    if not 3 <= len(digits) <= 15 or len(found) > 40:
        raise ValueError("Écrivez le téléphone ainsi\u202f: 02 61 91 00 01.")
    if holds_a_nir(found):
        raise ValueError(str(SocialSecurityNumberRefused()))
    if re.fullmatch(r"[\d\s().+-]+", found):
        digits = re.sub(r"^(?:00|\+)?33\(?0?\)?(?=[1-9]\d{8}$)", "0", re.sub(r"[\s.()-]", "", found))
        digits = f"0{digits}" if re.fullmatch(r"[1-9]\d{8}", digits) else digits
        if re.fullmatch(r"0[1-9]\d{8}", digits):
            return " ".join(digits[place : place + 2] for place in range(0, 10, 2))
    return found


def read_email(text: str) -> str:
    """Lower-case, as it is compared."""
    found = tidy(text)
    if len(found) > 254 or not looks_like_email(found):
        raise ValueError("Écrivez l’adresse ainsi\u202f: accueil@organisme.fr")
    return found.lower()


def read_postal_code(text: str) -> str:
    """Five digits. Excel drops the zero in front."""
    found = re.sub(r"\s", "", tidy(text))
    found = f"0{found}" if re.fullmatch(r"\d{4}", found) else found
    if not re.fullmatch(r"\d{5}", found):
        raise ValueError("Un code postal a 5 chiffres.")
    return found


def read_kind(text: str) -> str:
    """The code of an OrganisationKind, from its code, its French label or its letters with points between."""
    found = _KINDS.get(folded(text)) or _KINDS.get(folded(text).replace(" ", ""))
    if found is None:
        raise ValueError("Choisissez une nature de la liste\u202f: CCAS, Association, Caf, CPAM…")
    return found


def read_themes(text: str) -> str:
    """Words of a theme, each once, in order, between bars; 40 at most."""
    found = sorted(dict.fromkeys(one for one in map(tidy, re.split(r"[|,;]", text)) if one))
    if len(found) > 40 or any(len(one) > 120 for one in found):
        raise ValueError("40 thématiques au plus, de 120 caractères au plus.")
    return BETWEEN.join(map(without_long_number, found))


def _codes(known: Callable[[], dict[str, str]], wrong: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        words, found = known(), []
        parts = [tidy(text)] if folded(text) in words else re.split(r"\|" if "|" in text else r"[,;]", text)
        for one in filter(None, map(folded, parts)):
            if one not in words:
                raise ValueError(wrong)
            found.append(words[one])
        return BETWEEN.join(dict.fromkeys(sorted(found, key=list(words.values()).index)))

    return read


def _rights() -> dict[str, str]:
    return {folded(name): code for code, right in catalogue().items() for name in (code, right.name)}


def _modes() -> dict[str, str]:
    return {folded(name): mode.value for mode in HandoverMode for name in (mode.value, mode.label)}


_KINDS = {folded(name): kind.value for kind in OrganisationKind for name in (kind.value, kind.label)} | {
    "cias": "ccas", "centre communal d action sociale": "ccas", "maison france services": "france_services",
    "pole emploi": "france_travail", "conseil departemental": "departement", "conseil general": "departement",
    "communaute de communes": "epci", "metropole": "epci", "bailleur social": "bailleur", "asso": "association",
    "caisse d allocations familiales": "caf", "caisse primaire d assurance maladie": "cpam",
    "mutualite sociale agricole": "msa", "maison departementale des personnes handicapees": "mdph",
}  # fmt: skip

COLUMNS = (
    Column("source", "source", "Source", _line(40), ("producteur",)),
    Column("id", "identifiant", "Identifiant", _identifier, ("id", "identifiant structure", "structure id", "code")),
    Column("name", "nom", "Nom de l’organisme", _line(NAME, 2),
           ("organisme", "structure", "nom structure", "nom de la structure", "raison sociale", "denomination")),
    Column("kind", "nature", "Nature", read_kind, ("type", "typologie", "type de structure", "categorie")),
    Column("siret", "siret", "SIRET", read_siret, ("numero siret", "n siret", "no siret")),
    Column("address", "adresse", "Adresse", _line(160), ("voie", "rue", "adresse postale")),
    Column("postal_code", "code_postal", "Code postal", read_postal_code, ("cp",)),
    Column("city", "commune", "Commune", _line(80), ("ville", "localite")),
    Column("phone", "telephone", "Téléphone", read_phone,
           ("tel", "telephone standard", "standard", "numero de telephone")),
    Column("email", "courriel", "Courriel", read_email,
           ("email", "e mail", "mail", "mel", "adresse mail", "adresse courriel", "adresse electronique")),
    Column("themes", "thematiques", "Thématiques", read_themes, ("thematique", "themes", "domaines")),
    Column("contact_name", "contact_nom", "Nom du contact", _line(NAME, 2),
           ("contact", "interlocuteur", "interlocutrice", "referent", "contact nom prenom", "responsable")),
    Column("contact_function", "contact_fonction", "Fonction du contact", _line(NAME), ("fonction", "poste")),
    Column("contact_email", "contact_courriel", "Courriel du contact", read_email,
           ("contact email", "contact mail", "email contact", "mail contact", "mail du contact")),
    Column("contact_phone", "contact_telephone", "Téléphone du contact", read_phone,
           ("contact tel", "telephone contact", "tel contact", "ligne directe")),
    Column("desk", "guichet", "Nom du guichet", _line(NAME, 2), ("service", "guichet nom", "accueil")),
    Column("desk_phone", "guichet_telephone", "Téléphone du guichet", read_phone,
           ("telephone guichet", "tel guichet")),
    Column("rights", "droits", "Droits que le guichet reçoit",
           _codes(_rights, "Un de ces droits n’est pas dans la liste. Séparez-les ainsi\u202f: RSA | Domiciliation."),
           ("droit", "droits recus")),
    Column("modes", "modes", "Comment il les reçoit",
           _codes(_modes, "Écrivez Appel à trois, Rendez-vous accompagné, Rendez-vous pris ou Dossier transmis."),
           ("mode", "modes de reception")),
)  # fmt: skip
BY_CODE = {one.code: one for one in COLUMNS}
OF_ORGANISATION = ("name", "kind", "siret", *CARD)
OF_DESK = ("desk_phone", "rights", "modes")
HEADERS = tuple(one.header for one in COLUMNS)


def recognise(header: str) -> str | None:
    """The code of the column that a header names, or None."""
    wanted = folded(header)
    return next((one.code for one in COLUMNS if wanted in one.names()), None)


def mapping_of(headers: Iterable[str]) -> list[str]:
    """For each header the code of its column, "" for one that is not recognised or comes a second time."""
    found: list[str] = []
    for header in headers:
        code = recognise(header) or ""
        found.append("" if code in found else code)
    return found


def canonical(code: str, text: str) -> str:
    """The text in its canonical form where it has one, and tidied where it does not."""
    if not tidy(text):
        return ""
    try:
        return BY_CODE[code].read(text)
    except ValueError:
        return tidy(text)


def shown(code: str, value: str) -> str:
    """A canonical value as people read it: labels for codes."""
    if code == "kind" and value:
        return OrganisationKind(value).label
    if code == "rights":
        return BETWEEN.join(catalogue()[one].name if one in catalogue() else one for one in value.split(BETWEEN) if one)
    if code == "modes":
        return BETWEEN.join(HandoverMode(one).label for one in value.split(BETWEEN) if one)
    return value
