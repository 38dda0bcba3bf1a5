"""The pages that read: the list of people with its search, and the file of one person."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.consent import Category
from contracts.rights import catalogue, right_name
from contracts.viewer import Viewer
from contracts.vocabulary import (
    Channel,
    Civility,
    ConsentMethod,
    EmploymentKind,
    Ground,
    HouseholdKind,
    HousingKind,
    Language,
    NonTakeUpCause,
    Purpose,
    ResourcesBand,
    Scheme,
)
from services.intake import caseload, journal, people_list, people_search
from services.intake.appointment_guide_view import plan_shown
from services.intake.caseload_gate import PersonPages
from services.intake.consent_rules import is_live
from services.intake.consent_soon import soon_of
from services.intake.contact_rules import rules_of
from services.intake.domain import ENDS_SOON, readable_phone
from services.intake.dossier import age, end_of, full_name, short_name
from services.intake.journal_kinds import Kind
from services.intake.limiting import limited_among
from services.intake.merged_view import read_merges
from services.intake.people_list import Standing
from services.intake.person_keys import PersonKeys
from services.intake.progress import knots_of, next_step, status_of
from services.intake.store import PersonFile
from services.intake.tables import ConsentGrant, Encounter, Handover, Person, PresumedRight
from services.intake.web import REFERENTS, keys_of
from services.intake.web_erasures import erasures_of
from services.intake.web_referrals import names_of
from services.runtime.database import Work
from services.runtime.driver import Row
from services.runtime.web.dates import PARIS, day
from services.runtime.web.guard import Asking, service_of

pages = PersonPages()
_TABS = {
    "toutes": "Toutes",
    "mes-personnes": "Les miennes",
    "en-attente": "Orientation en attente",
    "accord-bientot-fini": "Accord fini dans {} jours",
}


def tabs_for(soon: timedelta) -> dict[str, str]:
    """The filters of the list and their words; `soon` is how long before its end an agreement counts as ending."""
    return {key: label.format(soon.days) for key, label in _TABS.items()}


def title_of(person: Person | Row, work: Work) -> str:
    """`Mme Élise Valtorix, 34 ans`."""
    civility = Civility(person.civility).label if person.civility in set(Civility) else ""
    years = age(person.birth_date, work.now.astimezone(PARIS).date())
    return f"{civility} {full_name(person)}".strip() + (f", {years} ans" if years is not None else "")


@pages.get("/personnes", REFERENTS)
async def people(request: Request, viewer: Asking, filtre: str = "toutes", page: int = 1) -> Response:
    """The people of the viewer's organisation, hers first."""
    which, page = filtre if filtre in _TABS else "toutes", max(1, min(page, 10_000))
    soon = soon_of(request)
    async with service_of(request).database.web(viewer) as work:
        counts = await people_list.count_people(viewer, work, soon=soon)
        found = await people_list.list_people(viewer, work, which, page, soon=soon)
        await journal.record_list(work, viewer, Kind.LISTED, [one.ref for one in found])
        standing = await people_list.standing_of(viewer, work, found)
    rows = _rows(found, standing, viewer, work, await _colleagues(request, viewer, found))
    tabs = [
        {"href": f"/personnes?filtre={key}", "label": label, "current": key == which, "count": counts[key]}
        for key, label in tabs_for(soon).items()
    ]
    following = f"/personnes?filtre={which}&page={page + 1}" if page * people_list.PAGE < counts[which] else None
    return _list(request, viewer, rows, tabs=tabs, which=which, counts=counts, following=following)


@pages.post("/personnes", REFERENTS)
async def search(request: Request, viewer: Asking) -> Response:
    """Find a person by name, phone, birth date or file number. By POST: no name in an address."""
    typed = str((await request.form()).get("q", "")).strip()[:120]
    async with service_of(request).database.web(viewer) as work:
        found, more = await people_search.look_on_a_page(viewer, work, typed, keys_of(request))
        await journal.record_list(work, viewer, Kind.SEARCHED, [one.ref for one in found])
        standing = await people_list.standing_of(viewer, work, found)
    rows = _rows(found, standing, viewer, work, await _colleagues(request, viewer, found))
    return _list(request, viewer, rows, q=typed, searched=True, more=more)


def _list(request: Request, viewer: Viewer, rows: list[dict[str, Any]], **context: Any) -> Response:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "q": "",
        "searched": False,
        "more": False,
        "tabs": [],
        "which": "toutes",
        "counts": dict.fromkeys(_TABS, 0),
        "following": None,
    }
    response: Response = request.app.state.pages.render(
        request, "people.html", viewer=viewer, rows=rows, **{**defaults, **context}
    )
    return response


async def _colleagues(request: Request, viewer: Viewer, people: Sequence[Person | Row]) -> dict[UUID, str]:
    if all(person.referent == viewer.account for person in people):
        return {}
    return await names_of(request)


def followed_by(person: Person | Row, viewer: Viewer, names: dict[UUID, str]) -> str:
    """Who follows that person, as said to the viewer."""
    if person.referent == viewer.account:
        return "que vous suivez"
    return f"suivie par {names.get(person.referent, 'une collègue')}"


def _rows(
    people: Sequence[Person | Row], standing: Standing, viewer: Viewer, work: Work, names: dict[UUID, str]
) -> list[dict[str, Any]]:
    return [_row(person, standing, viewer, work, names) for person in people]


def _row(
    person: Person | Row, standing: Standing, viewer: Viewer, work: Work, names: dict[UUID, str]
) -> dict[str, Any]:
    latest = standing.handovers.get(person.ref)
    rights = standing.rights.get(person.ref, [])
    grants = [one for one in standing.grants.get(person.ref, []) if one.person == person.ref]
    chip, kind = status_of(latest, work.now) if latest else (None, None)
    step = next_step(person.ref, rights, grants, [latest] if latest else [])
    meta = [f"Dossier {person.file_number}", f"vue {day(person.last_contact_at)}"]
    if latest:
        meta.insert(0, f"{right_name(latest.right)}, {latest.recipient_organisation_name}")
    else:
        meta.insert(0, step.label.replace("Confier : ", "À confier\u202f: "))
    if person.referent != viewer.account:
        meta.append(followed_by(person, viewer, names))
    return {
        "href": f"/personnes/{person.ref}",
        "who": title_of(person, work),
        "chip": chip,
        "chip_kind": kind,
        "kind": kind if kind in ("late", "due") else None,
        "meta": meta,
        "knots": knots_of(latest, work.now) if latest else None,
    }


@pages.get("/personnes/{ref}", REFERENTS)
async def person(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The whole file of one person, for the people of her referent's organisation."""
    async with service_of(request).database.web(viewer) as work:
        found = await caseload.open_file(viewer, work, ref)
        context = file_context(found, viewer, work, keys_of(request), soon_of(request))
        context["erasures"] = await erasures_of(viewer, work, ref)
        context["plan"] = await plan_shown(viewer, work, ref, keys_of(request))
        context["limited"] = bool(await limited_among(work, [ref]))
        merges, now = await read_merges(viewer, work, ref), work.now
    strangers = bool(merges.rows) or found.person.referent != viewer.account
    names = await names_of(request) if strangers else {}
    context["followed"] = followed_by(found.person, viewer, names)
    context["merges"] = merges.shown(found, names, viewer, keys_of(request), now)
    response: Response = request.app.state.pages.render(request, "person.html", viewer=viewer, **context)
    return response


def file_context(
    found: PersonFile, viewer: Viewer, work: Work, keys: PersonKeys, soon: timedelta = ENDS_SOON
) -> dict[str, Any]:
    """What the page of a person shows, in its words; `soon` is how long before its end an agreement says so."""
    live = [row for row in found.grants if is_live(row, work.now)]
    # What a new referral can rest on: an agreement covers its own file only.
    own = [row for row in live if row.person == found.person.ref]
    numbers = {one.ref: one.file_number for one in (found.person, *found.merged.values())} if found.merged else {}
    return {
        "person": found.person,
        "title": title_of(found.person, work),
        "short": short_name(found.person),
        "next": next_step(found.person.ref, found.rights, own, found.handovers),
        "contact": _contact(found.person, keys),
        "situation": _situation(found),
        "live": [_grant(row, work, numbers, soon) for row in live],
        "ended": [_grant(row, work, numbers, soon) for row in found.grants if row not in live],
        "refusals": found.refusals,
        "numbers": numbers,
        "rights": [_right(row, found.handovers, own, work) | {"of": numbers.get(row.person)} for row in found.rights],
        "referrals": [_referral(row, work, numbers) for row in found.handovers],
        "encounters": [
            {
                "what": Channel(row.channel).label,
                "at_text": day(row.met_on),
                "at_iso": row.met_on.isoformat(),
                "who": None,
                "note": _met_where(row, numbers, keys),
            }
            for row in found.encounters
        ],
    }


def _met_where(row: Encounter, numbers: dict[UUID, str], keys: PersonKeys) -> str | None:
    where, who = keys.open(row.person, "place", row.place), keys.open(row.person, "present", row.present)
    parts = [where, f"avec {who}" if who else None, *_of_file(row.person, numbers)]
    return ", ".join(part for part in parts if part) or None


def _of_file(file: UUID, numbers: dict[UUID, str]) -> list[str]:
    """From which file it is; nothing to say while a person has one."""
    return [f"dossier {numbers[file]}"] if file in numbers else []


def _contact(person: Person, keys: PersonKeys) -> list[tuple[str, str]]:
    phone = keys.open(person.ref, "phone", person.phone)
    born = person.birth_date.strftime("%d/%m/%Y") if person.birth_date else None
    pairs = [
        ("Téléphone", readable_phone(phone) if phone else None),
        ("La joindre sans risque", rules_of(person, keys).sentence),
        ("Quand l’appeler", keys.open(person.ref, "safe_times", person.safe_times)),
        ("Adresse", keys.open(person.ref, "postal_address", person.postal_address)),
        ("Date de naissance", born),
        ("Langue", Language(person.language).label),
        ("Régime", Scheme(person.scheme).label),
    ]
    return [(label, value or "non renseigné") for label, value in pairs]


def _situation(found: PersonFile) -> list[tuple[str, str]]:
    row = found.situation
    if row is None:
        return []
    children = None if row.children is None else str(row.children)
    pairs = [
        ("Foyer", HouseholdKind(row.household).label if row.household else None),
        ("Enfants à charge", children),
        ("Logement", HousingKind(row.housing).label if row.housing else None),
        ("Emploi", EmploymentKind(row.employment).label if row.employment else None),
        ("Ressources par mois", ResourcesBand(row.resources_band).label if row.resources_band else None),
    ]
    return [(label, value or "non renseigné") for label, value in pairs]


def _grant(row: ConsentGrant, work: Work, numbers: dict[UUID, str], soon: timedelta) -> dict[str, Any]:
    categories = set(row.categories)
    return {
        "ref": row.ref,
        "of": numbers.get(row.person),
        "notice": row.notice_version,
        "to": f"{row.recipient_organisation_name}, {row.desk_name}",
        "organisation": row.recipient_organisation_name,
        "purpose": Purpose(row.purpose).label,
        "shared": [one.label for one in Category if one.value in categories],
        "rights": [right_name(code) for code in row.rights],
        "method": ConsentMethod(row.method).label,
        "language": Language(row.language).label,
        "read_back": row.read_back,
        "interpreter": row.interpreter,
        "given_at": row.given_at,
        "expires_at": end_of(row),
        "withdrawn_at": row.withdrawn_at,
        "ending": end_of(row) <= work.now + soon,
    }


def _right(row: PresumedRight, handovers: list[Handover], live: list[ConsentGrant], work: Work) -> dict[str, Any]:
    handed = next((one for one in handovers if one.right == row.right), None)
    chip, kind = status_of(handed, work.now) if handed else (None, None)
    return {
        "ref": row.ref,
        "code": row.right,
        "name": right_name(row.right),
        "known": row.right in catalogue(),
        "ground": Ground(row.ground).label,
        "cause": NonTakeUpCause(row.cause).label if row.cause else None,
        "at": row.identified_at,
        "covered": any(row.right in grant.rights for grant in live),
        "handover": handed.ref if handed else None,
        "to": handed.recipient_organisation_name if handed else None,
        "chip": chip,
        "kind": kind,
    }


def _referral(row: Handover, work: Work, numbers: dict[UUID, str]) -> dict[str, Any]:
    chip, kind = status_of(row, work.now)
    return {
        "href": f"/orientations/{row.ref}",
        "who": f"{right_name(row.right)}, {row.recipient_organisation_name}",
        "chip": chip,
        "chip_kind": kind,
        "kind": kind if kind in ("late", "due") else None,
        "meta": [
            row.desk_name,
            f"à {row.contact_name}",
            day(row.sent_at or row.created_at),
            *_of_file(row.person, numbers),
        ],
        "knots": knots_of(row, work.now),
    }
