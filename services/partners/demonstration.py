"""The imaginary territory of Valbrume: organisations, desks, people who work there, absences, conventions.

Names are made of syllables with a fixed seed and telephone numbers lie in the ranges reserved for fiction, so that
nobody can be meant; references are stable, so that making it twice changes nothing.
"""

import random
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert

from contracts.facts import ConventionRecorded
from contracts.viewer import Role
from services.partners.domain import today_in_paris
from services.partners.permanence_tables import Permanence
from services.partners.tables import Absence, Account, Convention, Desk, Membership, Organisation
from services.runtime.database import Work

NAMESPACE = UUID("6f2c1b5e-7a51-5c0e-9d0a-5e1a6b2d4c11")
CONVENTION_STARTS = datetime(2025, 12, 31, 23, tzinfo=UTC)
CONVENTION_ENDS = datetime(2027, 12, 31, 23, tzinfo=UTC)
ALL_MODES = ("appel_a_trois", "rdv_accompagne", "rdv_pris", "dossier_transmis")
NO_MEETING = ("appel_a_trois", "dossier_transmis")

# code, kind, name, has a convention
ORGANISATIONS = (
    ("ccas", "ccas", "CCAS de Valbrume", True),
    ("lefil", "association", "Association Le Fil", True),
    ("franceservices", "france_services", "France services de Hauterive", True),
    ("caf", "caf", "Caf de Valbrume", True),
    ("cpam", "cpam", "CPAM de la Brume", True),
    ("msa", "msa", "MSA Brume-et-Plateaux", True),
    ("departement", "departement", "Département de la Brume", True),
    ("carsat", "carsat", "Carsat des Hautes-Rives", True),
    ("mdph", "mdph", "MDPH de la Brume", True),
    ("francetravail", "france_travail", "France Travail Valbrume", False),
    ("agglo", "epci", "Valbrume Agglomération", True),
)

# organisation, code, name, rights, modes
DESKS = (
    ("ccas", "aides", "Aides et domiciliation", "aide_facultative domiciliation cheque_energie scolarisation",
     ALL_MODES),
    ("ccas", "sortir", "Vie locale", "carte_sortir scolarisation", NO_MEETING),
    ("lefil", "domiciliation", "Domiciliation", "domiciliation", ALL_MODES),
    ("franceservices", "energie", "Accueil de Hauterive", "cheque_energie", ALL_MODES),
    ("caf", "social", "Accueil social", "rsa ppa asf apl", ALL_MODES),
    ("caf", "logement", "Logement", "apl", NO_MEETING),
    ("cpam", "sante", "Accès aux soins", "css asi", ALL_MODES),
    ("msa", "agricole", "Action sociale", "rsa ppa aspa css apl asf asi", ALL_MODES),
    ("departement", "solidarites", "Maison des solidarités", "fsl apa", ALL_MODES),
    ("carsat", "retraite", "Retraite et minimum vieillesse", "aspa", ALL_MODES),
    ("mdph", "handicap", "Accueil handicap", "aah aeeh", ALL_MODES),
    ("francetravail", "indemnisation", "Indemnisation", "are", NO_MEETING),
)  # fmt: skip

# organisation, role, desk, job title
PEOPLE = (
    ("ccas", Role.REFERENT, None, "Référente accès aux droits"),
    ("ccas", Role.REFERENT, None, "Référent accès aux droits"),
    ("lefil", Role.REFERENT, None, "Référente accès aux droits"),
    ("lefil", Role.REFERENT, None, "Médiateur social"),
    ("franceservices", Role.REFERENT, None, "Conseillère France services"),
    ("caf", Role.DESK_AGENT, "social", "Conseillère en travail social"),
    ("caf", Role.DESK_AGENT, "social", "Conseiller de service à l’usager"),
    ("caf", Role.DESK_MANAGER, "social", "Responsable de l’accueil social"),
    ("caf", Role.DESK_AGENT, "logement", "Conseillère logement"),
    ("caf", Role.DESK_MANAGER, "logement", "Responsable logement"),
    ("cpam", Role.DESK_AGENT, "sante", "Conseillère accès aux soins"),
    ("cpam", Role.DESK_MANAGER, "sante", "Responsable accès aux soins"),
    ("msa", Role.DESK_AGENT, "agricole", "Assistante de service social"),
    ("msa", Role.DESK_AGENT, "agricole", "Conseiller en protection sociale"),
    ("msa", Role.DESK_MANAGER, "agricole", "Responsable action sociale"),
    ("departement", Role.DESK_AGENT, "solidarites", "Assistante de service social"),
    ("departement", Role.DESK_MANAGER, "solidarites", "Cheffe de service"),
    ("carsat", Role.DESK_AGENT, "retraite", "Conseillère retraite"),
    ("carsat", Role.DESK_AGENT, "retraite", "Conseiller retraite"),
    ("mdph", Role.DESK_AGENT, "handicap", "Instructrice"),
    ("mdph", Role.DESK_MANAGER, "handicap", "Responsable de l’accueil"),
    ("francetravail", Role.DESK_AGENT, "indemnisation", "Conseillère indemnisation"),
    ("ccas", Role.DESK_AGENT, "aides", "Chargée des aides facultatives"),
    ("ccas", Role.DESK_MANAGER, "aides", "Responsable du pôle solidarités"),
    ("ccas", Role.DESK_AGENT, "sortir", "Chargé de la vie locale"),
    ("lefil", Role.DESK_AGENT, "domiciliation", "Chargée de domiciliation"),
    ("franceservices", Role.DESK_AGENT, "energie", "Conseiller France services"),
    ("agglo", Role.COORDINATOR, None, "Chargée de projet Territoire zéro non-recours"),
    ("agglo", Role.DPO, None, "Déléguée à la protection des données"),
    ("agglo", Role.ADMINISTRATOR, None, "Administrateur du système d’information"),
    ("caf", Role.DESK_AGENT, "social", "Conseillère en travail social"),
)  # fmt: skip
# Rows of PEOPLE: away with a deputy, away without one, and gone for good.
AWAY_WITH_DEPUTY, DEPUTY, AWAY_ALONE, GONE = 12, 13, 18, 30
LONG_UNCONFIRMED = 6
# organisation, desk (or none), place, ISO weekday, from, until
PERMANENCES = (
    ("ccas", None, "Maison de quartier des Essais", 2, 9, 12),
    ("caf", "social", "Centre social du Bas-Port", 2, 9, 12),
    ("caf", "social", "France services de Hauterive", 4, 14, 17),
    ("cpam", "sante", "Hôpital de Valbrume, hall A", 3, 10, 12),
)
CLOSED_DESK = ("caf", "logement")

_FIRST = ("Ombe", "Ulri", "Isau", "Théo", "Bran", "Méli", "Gaë", "Cléo", "Aude", "Fabri", "Sido", "Odi", "Pharo")
_FIRST_END = {"f": ("line", "lde", "rine", "nie", "sette"), "m": ("ric", "lde", "phane", "bert", "niel")}
_LAST = ("Val", "Brum", "Quor", "Tres", "Mor", "Lan", "Pir", "Dor", "Vel", "Char", "Gré", "Zal", "Fen", "Sar")
_LAST_END = ("torix", "evaux", "ambre", "ofert", "izelle", "adour", "ubrac", "enoix", "aquin", "elieu")
_PHONES = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98")
_MASCULINE = ("Référent ", "Conseiller", "Médiateur", "Chargé ", "Administrateur")


@dataclass(frozen=True)
class Person:
    """One fictional professional."""

    ref: UUID
    organisation: str
    role: Role
    desk: str | None
    function: str
    name: str
    email: str
    phone: str
    active: bool


def ref_of(*words: str) -> UUID:
    """The stable reference of something of the demonstration, as `ref_of("desk", "caf", "social")`."""
    return uuid5(NAMESPACE, "/".join(words))


@cache
def people() -> tuple[Person, ...]:
    """Everybody, always the same; the first of a role is the one to show."""
    rng, taken, found = random.Random(20260101), set(), []
    for index, (organisation, role, desk, function) in enumerate(PEOPLE):
        name = _name(rng, "m" if function.startswith(_MASCULINE) else "f", taken)
        found.append(
            Person(
                ref=ref_of("account", str(index)),
                organisation=organisation,
                role=role,
                desk=desk,
                function=function,
                name=name,
                email=f"{_mailbox(name)}@{organisation}.valbrume.example",
                phone=f"{rng.choice(_PHONES)} {rng.randrange(100):02d} {rng.randrange(100):02d}",
                active=index != GONE,
            )
        )
    return tuple(found)


def demo_accounts() -> list[dict[str, str]]:
    """Who can sign in to the demonstration: role, organisation, desk, name, login (e-mail) and reference."""
    names = {code: name for code, _, name, _ in ORGANISATIONS}
    desks = {(organisation, code): name for organisation, code, name, *_ in DESKS}
    return [
        {
            "role": one.role.value,
            "organisation": names[one.organisation],
            "desk": desks.get((one.organisation, one.desk or ""), ""),
            "name": one.name,
            "function": one.function,
            "login": one.email,
            "ref": str(one.ref),
        }
        for one in people()
        if one.active
    ]


async def make_directory(work: Work) -> None:
    """Write the directory of Valbrume; what is there already stays as it is."""
    today = today_in_paris(work.now)
    for table, rows in (
        (Organisation, _organisations()),
        (Desk, _desks(today)),
        (Account, _accounts()),
        (Membership, _memberships(work.now)),
        (Absence, _absences(today)),
        (Permanence, _permanences(today, work.now)),
    ):
        await work.session.execute(insert(table).values(rows).on_conflict_do_nothing())
    signed = insert(Convention).values(_conventions()).on_conflict_do_nothing().returning(Convention)
    for one in (await work.session.execute(signed)).scalars():
        fact = ConventionRecorded(
            ref=one.ref, organisation=one.organisation, starts=one.starts, ends=one.ends, revision=1, at=work.now
        )
        work.emit(fact)


def _organisations() -> list[dict[str, object]]:
    return [{"ref": ref_of("organisation", code), "name": name, "kind": kind} for code, kind, name, _ in ORGANISATIONS]


def _desks(today: date) -> list[dict[str, object]]:
    return [
        {
            "ref": ref_of("desk", organisation, code),
            "organisation": ref_of("organisation", organisation),
            "name": name,
            "phone": f"{_PHONES[index % 5]} 10 {index + 10:02d}",
            "rights": rights.split(),
            "modes": list(modes),
            "closed_from": today - timedelta(days=1) if (organisation, code) == CLOSED_DESK else None,
            "closed_until": today + timedelta(days=4) if (organisation, code) == CLOSED_DESK else None,
        }
        for index, (organisation, code, name, rights, modes) in enumerate(DESKS)
    ]


def _accounts() -> list[dict[str, object]]:
    return [
        {
            "ref": one.ref,
            "email": one.email,
            "name": one.name,
            "function": one.function,
            "phone": one.phone,
            "organisation": ref_of("organisation", one.organisation),
            "active": one.active,
        }
        for one in people()
    ]


def _memberships(now: datetime) -> list[dict[str, object]]:
    return [
        {
            "ref": ref_of("membership", str(one.ref)),
            "account": one.ref,
            "role": one.role.value,
            "desk": ref_of("desk", one.organisation, one.desk) if one.desk else None,
            "confirmed_at": now - timedelta(days=400 if index == LONG_UNCONFIRMED else 60),
        }
        for index, one in enumerate(people())
    ]


def _absences(today: date) -> list[dict[str, object]]:
    found = people()
    return [
        {
            "ref": ref_of("absence", str(index)),
            "account": found[index].ref,
            "starts": today - timedelta(days=2),
            "ends": today + timedelta(days=days),
            "deputy": found[deputy].ref if deputy is not None else None,
        }
        for index, days, deputy in ((AWAY_WITH_DEPUTY, 10, DEPUTY), (AWAY_ALONE, 6, None))
    ]


def _permanences(today: date, now: datetime) -> list[dict[str, object]]:
    return [
        {
            "ref": ref_of("permanence", organisation, place),
            "organisation": ref_of("organisation", organisation),
            "desk": ref_of("desk", organisation, desk) if desk else None,
            "place": place,
            "weekday": weekday,
            "opens": time(opens),
            "closes": time(closes),
            "valid_from": today - timedelta(days=60),
            "closed_on_holidays": True,
            "updated_at": now,
        }
        for organisation, desk, place, weekday, opens, closes in PERMANENCES
    ]


def _conventions() -> list[dict[str, object]]:
    return [
        {
            "ref": ref_of("convention", code),
            "organisation": ref_of("organisation", code),
            "starts": CONVENTION_STARTS,
            "ends": CONVENTION_ENDS,
        }
        for code, _, _, signed in ORGANISATIONS
        if signed
    ]


def _name(rng: random.Random, gender: str, taken: set[str]) -> str:
    while True:
        first = rng.choice(_FIRST) + rng.choice(_FIRST_END[gender])
        last = rng.choice(_LAST) + rng.choice(_LAST_END)
        if not {first, last} & taken:
            taken |= {first, last}
            return f"{first} {last}"


def _mailbox(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return plain.replace(" ", ".")
