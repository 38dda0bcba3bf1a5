"""The form of an agreement: what is asked, what it stands on (rights, desks, the notice), and how it is shown."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from contracts.asks import ListRecipients
from contracts.consent import Category
from contracts.envelope import Frozen
from contracts.paris import PARIS, paris_day
from contracts.refusals import InvalidInput, NotFound, ServiceAway
from contracts.replies import DeskOption
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import ConsentMethod, Language, Purpose, Representation
from services.intake import caseload, store
from services.intake.consent_rules import is_minor
from services.intake.consent_soon import soon_of
from services.intake.domain import DEFAULT_CATEGORIES, DEFAULT_GRANT_AGE
from services.intake.dossier import short_name
from services.intake.notice import CURRENT, Notice, current_of, every_notice, parts_of
from services.intake.tables import ConsentGrant, Person
from services.intake.united_files import files_of
from services.intake.web import show_form
from services.intake.web_file import title_of
from services.runtime.web.guard import service_of

SELF = "self"
MOST_EVIDENCE = 10_000_000
_HINTS = {
    Category.IDENTITY_MIN: "«\u202fMme K., 34 ans\u202f»",
    Category.RIGHT_STATUS: "Pourquoi ce droit est possible",
    Category.NEED_SUMMARY: "Le message que vous écrirez en confiant",
}


class ConsentForm(Frozen):
    """The form of an agreement; `answer` is the button: oui or non. Lists are checked by the rule, not by the form.

    `with_proxy` is who speaks: empty (nothing said), `self`, or a charge.
    """

    command_id: UUID
    answer: str
    desk: UUID
    contact: UUID | None = None
    purpose: Purpose
    categories: tuple[Category, ...] = ()
    rights: tuple[str, ...] = ()
    until: date | None = None
    method: ConsentMethod = ConsentMethod.ORAL_IN_PERSON
    language: Language = Language.FR
    interpreter: bool = False
    read_back: bool = False
    notice_version: str = CURRENT
    notice_read: bool = False
    present: str = ""
    with_proxy: str = ""
    representative: str = ""
    represented_until: date | None = None
    proxy_paper_seen: bool = False
    renews: UUID | None = None
    confirmed: tuple[str, ...] = ()

    @property
    def charge(self) -> Representation | None:
        """Who speaks for her, or None when she speaks for herself. Refusal: InvalidInput."""
        if self.with_proxy in ("", SELF):
            return None
        if self.with_proxy not in set(Representation):
            raise InvalidInput(field="with_proxy", reason="Choisissez une réponse de la liste.")
        return Representation(self.with_proxy)


@dataclass(frozen=True)
class Asked:
    """What the form is about: the person, the rights she may have, the desks one can ask her about, the notices, and
    the agreement that a new one would follow.
    """

    person: Person
    title: str
    short: str
    rights: list[tuple[str, str]]
    desks: tuple[DeskOption, ...]
    away: bool
    until: date
    today: date
    notices: dict[str, Notice]
    former: ConsentGrant | None

    @property
    def ref(self) -> UUID:
        return self.person.ref

    @property
    def minor(self) -> bool:
        """Under 18 today."""
        return is_minor(self.person.birth_date, self.today)

    def notice_in(self, language: str) -> Notice:
        """The newest notice in that language; in French where there is none."""
        return self.notices.get(language) or self.notices[Language.FR.value]

    def options(self) -> dict[str, Any]:
        """The choices of the form."""
        known = [code for code, _ in self.rights]
        useful = sorted(self.desks, key=lambda one: (not set(one.rights) & set(known), one.organisation_name))
        contacts = [
            (str(contact.account), f"{contact.name}, {one.desk_name}") for one in useful for contact in one.contacts
        ]
        return {
            "desks": [(str(one.desk), f"{one.organisation_name}, {one.desk_name}") for one in useful],
            "contacts": contacts,
            "purposes": Purpose.options(),
            "categories": [(one.value, one.label, _HINTS.get(one)) for one in Category],
            "rights": self.rights,
            "methods": ConsentMethod.noted(),
            "languages": Language.options(),
            "charges": [(SELF, "Elle-même"), *Representation.options()],
        }


async def read_asked(request: Request, viewer: Viewer, ref: UUID, renews: UUID | None = None) -> Asked:
    """What the form stands on; the directory may be away. Refusals: NotFound."""
    async with service_of(request).database.web(viewer) as work:
        former = await store.grant_of(viewer, work, renews) if renews else None
        if former is not None and former.person not in await files_of(work, ref):
            raise NotFound
        # What renews an agreement stays in its file, be it merged into another.
        of, again = (former.person, True) if former else (ref, False)
        person = await caseload.open_person(viewer, work, of, asks=request.method == "GET", merged=again)
        codes = dict.fromkeys(row.right for row in await store.presumed_rights(viewer, work, ref))
        codes |= dict.fromkeys(former.rights if former else ())
        title, today = title_of(person, work), paris_day(work.now)
        until = (work.now.astimezone(PARIS) + DEFAULT_GRANT_AGE).date()
        notices = current_of(await every_notice(work))
    away, desks = False, ()
    try:
        desks = (await service_of(request).bus.ask(ListRecipients(viewer=viewer))).desks  # type: ignore[assignment]
    except ServiceAway:
        away = True
    rights = [(code, right_name(code)) for code in codes]
    return Asked(person, title, short_name(person), rights, desks, away, until, today, notices, former)


def first_answers(asked: Asked, desk: UUID | None, right: str | None, language: str | None) -> dict[str, Any]:
    """What the form holds when it is opened: what the former agreement said, or what is usual."""
    former, codes = asked.former, [code for code, _ in asked.rights]
    spoken = language if language in set(Language) else asked.person.language
    typed: dict[str, Any] = {
        "desk": str(desk) if desk else "",
        "purpose": Purpose.OPEN_RIGHT.value,
        "categories_all": [one.value for one in DEFAULT_CATEGORIES[Purpose.OPEN_RIGHT]],
        "rights_all": [right] if right else codes,
        "until": asked.until.isoformat(),
        "method": ConsentMethod.ORAL_IN_PERSON.value,
        "language": spoken if spoken in set(Language) else Language.FR.value,
        "back_to": right or "",
    }
    if former is not None:
        typed |= {
            "renews": str(former.ref),
            "desk": str(former.desk),
            "contact": str(former.contact or ""),
            "purpose": former.purpose,
            "categories_all": list(former.categories),
            "rights_all": list(former.rights),
            "language": typed["language"] if language else former.language,
            "with_proxy": former.with_proxy or "",
        }
    return typed


def show_consent(
    request: Request,
    viewer: Viewer,
    asked: Asked,
    typed: dict[str, Any],
    errors: dict[str, str],
    status: int = 200,
    **context: Any,  # noqa: ANN401 - what the template takes
) -> Response:
    """The form, new or come back, under the notice in the language that was chosen."""
    options = asked.options()
    if asked.away and typed.get("desk"):  # nothing can be offered, and what was chosen is kept
        options["desks"] = [(typed["desk"], "Le guichet que vous avez choisi")]
        options["contacts"] = [(typed["contact"], "Le contact que vous avez choisi")] if typed.get("contact") else []
    shown = _notice_to_show(asked, typed)
    if typed.get("notice_version") != shown.version:  # another text is on the page than the one that was read
        typed = {**typed, "notice_version": shown.version, "notice_read": ""}
    about = {"options": options, "ref": asked.ref, "title": asked.title, "short": asked.short, "away": asked.away}
    notices = {"notice": shown, "readings": _readings(asked, typed, shown), "soon": soon_of(request).days}
    more = {"minor": asked.minor, "former": asked.former, "translated": shown.language == typed.get("language", "fr")}
    return show_form(request, "consent.html", viewer, typed, errors, status, **about, **notices, **more, **context)


def _readings(asked: Asked, typed: dict[str, Any], shown: Notice) -> list[dict[str, Any]]:
    """The links to the same form under the notice in each language."""
    kept = {"guichet": typed.get("desk"), "droit": typed.get("back_to"), "renouvelle": typed.get("renews")}
    query = {name: value for name, value in kept.items() if value}
    return [
        {
            "href": f"/personnes/{asked.ref}/accord?{urlencode({**query, 'langue': one.language})}#notice",
            "label": one.own_name,
            "lang": one.lang,
            "current": one.version == shown.version,
        }
        for one in asked.notices.values()
    ]


def _notice_to_show(asked: Asked, typed: dict[str, Any]) -> Notice:
    """In the language chosen; with an interpreter, the one that she is reading from."""
    read_from = next((one for one in asked.notices.values() if one.version == typed.get("notice_version")), None)
    if typed.get("interpreter") and read_from is not None:
        return read_from
    return asked.notice_in(typed.get("language") or Language.FR.value)


def check_notice(form: ConsentForm, asked: Asked) -> None:
    """What was read is the text on record in the language in which she was asked; an interpreter may read another.

    Refusals: InvalidInput at `notice_read`.
    """
    if not form.notice_read:
        raise InvalidInput(field="notice_read", reason="Lisez la notice avec la personne, puis cochez.")
    wanted = asked.notice_in(form.language.value)
    read_in = parts_of(form.notice_version)[0]
    if not form.interpreter and wanted.language == form.language and read_in != wanted.language:
        reason = f"La notice existe en {form.language.label.lower()}\u202f: la voici. Lisez-la ensemble, puis cochez."
        raise InvalidInput(field="notice_read", reason=reason)


async def evidence_of(sent: FormData) -> str | None:
    """The SHA-256 (hexadecimal) of the paper or picture that was joined; the file itself is not kept.

    Refusal: InvalidInput (over 10 MB).
    """
    joined = sent.get("evidence")
    if not isinstance(joined, UploadFile) or not joined.filename:
        return None
    body = await joined.read(MOST_EVIDENCE + 1)
    if len(body) > MOST_EVIDENCE:
        raise InvalidInput(field="evidence", reason="Ce fichier est trop lourd\u202f: 10 Mo au plus.")
    return sha256(body).hexdigest()
