"""Fictional people: names made of syllables, telephone numbers of the range kept for fiction, a situation, some rights.

Nobody can be meant: no syllable pair is a name that people bear, and every number starts with 06 39 98.
"""

from dataclasses import dataclass
from datetime import date
from random import Random

from contracts.vocabulary import (
    Channel,
    Civility,
    EmploymentKind,
    Ground,
    HouseholdKind,
    HousingKind,
    Language,
    NonTakeUpCause,
    ResourcesBand,
    Scheme,
)
from services.intake.commands import MeetPerson, NotedRight, SituationNow

_FIRST = ("Zo", "Mira", "Tal", "Ys", "Fano", "Lubi", "Oré", "Sév", "Naël", "Kori", "Pli", "Ambri", "Dové", "Rous")
_FIRST_END = {
    Civility.MADAME: ("lune", "anelle", "ivette", "ourie"),
    Civility.MONSIEUR: ("lin", "amond", "ivel", "ouret"),
}
_LAST = (
    "Brin",
    "Clo",
    "Fau",
    "Gal",
    "Hur",
    "Jas",
    "Lam",
    "Mous",
    "Nive",
    "Ord",
    "Pan",
    "Rul",
    "Sor",
    "Tam",
    "Vau",
    "Zem",
)
_LAST_END = (
    "barel",
    "cadou",
    "dezan",
    "fignol",
    "gouelle",
    "lindor",
    "mirault",
    "pertuis",
    "quenoy",
    "vasse",
    "zandre",
)
_STREETS = ("rue des Brumes", "allée du Vieux-Moulin", "place de la Passerelle", "chemin des Aulnes", "quai du Fil")
_TIMES = ("le matin", "après 17 h", "pas le mercredi", "entre midi et deux", "")
_PLACES = ("Marché de Hauterive", "Maison de quartier des Aulnes", "Collecte alimentaire", "Bus des droits", "")
CAUSES = (NonTakeUpCause.NON_CONNAISSANCE,) * 4 + tuple(NonTakeUpCause)


@dataclass(frozen=True)
class Profile:
    """A kind of situation, and the rights that it lets one presume, the likeliest first."""

    born: tuple[int, int]
    household: tuple[HouseholdKind, ...]
    housing: tuple[HousingKind, ...]
    employment: tuple[EmploymentKind, ...]
    resources: tuple[ResourcesBand, ...]
    rights: tuple[tuple[str, Ground], ...]


_H, _G, _E, _R = HouseholdKind, HousingKind, EmploymentKind, ResourcesBand
PROFILES = (
    Profile(
        (1944, 1960),
        (_H.ALONE, _H.COUPLE),
        (_G.TENANT, _G.OWNER),
        (_E.RETIRED,),
        (_R.UNDER_600, _R.FROM_600_TO_1200),
        (("aspa", Ground.AGE), ("css", Ground.RESOURCES), ("apa", Ground.DEPENDENCE), ("apl", Ground.HOUSING)),
    ),
    Profile(
        (1978, 2000),
        (_H.ALONE_WITH_CHILDREN,),
        (_G.TENANT, _G.HOSTED),
        (_E.UNEMPLOYED, _E.PART_TIME),
        (_R.NONE, _R.UNDER_600, _R.FROM_600_TO_1200),
        (
            ("asf", Ground.HOUSEHOLD),
            ("rsa", Ground.RESOURCES),
            ("css", Ground.RESOURCES),
            ("scolarisation", Ground.HOUSEHOLD),
        ),
    ),
    Profile(
        (1972, 2003),
        (_H.ALONE, _H.COUPLE_WITH_CHILDREN),
        (_G.TENANT,),
        (_E.EMPLOYED, _E.PART_TIME),
        (_R.FROM_600_TO_1200, _R.FROM_1200_TO_2000),
        (
            ("ppa", Ground.ACTIVITY),
            ("apl", Ground.HOUSING),
            ("css", Ground.RESOURCES),
            ("carte_sortir", Ground.RESOURCES),
        ),
    ),
    Profile(
        (1968, 2004),
        (_H.ALONE,),
        (_G.NONE, _G.SHELTER, _G.HOSTED),
        (_E.UNEMPLOYED,),
        (_R.NONE, _R.UNDER_600),
        (
            ("rsa", Ground.RESOURCES),
            ("domiciliation", Ground.HOUSING),
            ("css", Ground.RESOURCES),
            ("fsl", Ground.HOUSING),
        ),
    ),
    Profile(
        (1970, 1999),
        (_H.ALONE, _H.COUPLE),
        (_G.TENANT, _G.HOSTED),
        (_E.OTHER, _E.UNEMPLOYED),
        (_R.UNDER_600,),
        (
            ("aah", Ground.DEPENDENCE),
            ("css", Ground.RESOURCES),
            ("are", Ground.LOST_RIGHT),
            ("aide_facultative", Ground.RESOURCES),
        ),
    ),
)


@dataclass(frozen=True)
class Fictional:
    """One person: the command that meets her, and the rights that are then noted."""

    meeting: MeetPerson
    rights: tuple[NotedRight, ...]

    @property
    def scheme(self) -> Scheme:
        """General or agricultural."""
        return self.meeting.scheme


def draw_person(rng: Random, taken: set[str], wanted: str | None = None) -> Fictional:
    """The next person of that generator; `taken` keeps names apart, `wanted` is a right that must be among hers."""
    profiles = [one for one in PROFILES if wanted is None or wanted in dict(one.rights)]
    profile = rng.choice(profiles)
    civility = rng.choice((Civility.MADAME, Civility.MADAME, Civility.MONSIEUR))
    first, last = _name(rng, civility, taken)
    household = rng.choice(profile.household)
    children = rng.randint(1, 4) if household in (_H.ALONE_WITH_CHILDREN, _H.COUPLE_WITH_CHILDREN) else 0
    meeting = MeetPerson(
        channel=rng.choice(tuple(Channel)),
        place=rng.choice(_PLACES),
        civility=civility,
        first_name=first,
        last_name=last,
        birth_date=date(rng.randint(*profile.born), rng.randint(1, 12), rng.randint(1, 28)),
        phone=f"06 39 98 {rng.randrange(100):02d} {rng.randrange(100):02d}",
        postal_address=f"{rng.randint(1, 90)} {rng.choice(_STREETS)}, Valbrume",
        safe_times=rng.choice(_TIMES),
        language=Language.FR if rng.random() < 0.85 else rng.choice((Language.AR, Language.UK, Language.PT)),
        scheme=Scheme.AGRICULTURAL if rng.random() < 0.15 else Scheme.GENERAL,
        situation=SituationNow(
            household=household,
            children=children,
            housing=rng.choice(profile.housing),
            employment=rng.choice(profile.employment),
            resources_band=rng.choice(profile.resources),
        ),
        evaluation_told=rng.random() < 0.9,
    )
    return Fictional(meeting, _rights(rng, profile, wanted))


def _name(rng: Random, civility: Civility, taken: set[str]) -> tuple[str, str]:
    for _ in range(200):
        first, last = rng.choice(_FIRST) + rng.choice(_FIRST_END[civility]), rng.choice(_LAST) + rng.choice(_LAST_END)
        if f"{first} {last}" not in taken:
            break
    taken.add(f"{first} {last}")
    return first, last


def _rights(rng: Random, profile: Profile, wanted: str | None) -> tuple[NotedRight, ...]:
    if wanted is None and rng.random() < 0.12:
        return ()
    number = rng.choice((1, 2, 2, 3))
    codes = [code for code, _ in profile.rights][:number]
    if wanted is not None:
        codes = [wanted, *(code for code in codes if code != wanted)]
    grounds = dict(profile.rights)
    return tuple(NotedRight(right=code, ground=grounds[code], cause=rng.choice(CAUSES)) for code in codes)
