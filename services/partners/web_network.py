"""Who is in the network: organisations, desks, contacts and their deputies; and the help page of each role."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import Request
from sqlalchemy import select
from starlette.responses import Response

from contracts.replies import ContactOption
from contracts.rights import right_name
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.partners.domain import today_in_paris
from services.partners.recipients import conventions_in_force, describe_desk, read_staff
from services.partners.tables import Convention, Desk, Organisation
from services.runtime.database import Work
from services.runtime.web.dates import until
from services.runtime.web.guard import SIGNED_IN, Asking, Pages, service_of

pages = Pages()


@dataclass(frozen=True)
class Entry:
    """One organisation as the page shows it."""

    name: str
    kind: str
    convention: str
    signed: bool
    desks: list[dict[str, Any]]

    def matches(self, words: list[str]) -> bool:
        """Every word occurs somewhere in what is shown of it."""
        shown = [self.name, self.kind]
        for desk in self.desks:
            shown += [desk["name"], desk["rights"], *(one["name"] + " " + one["function"] for one in desk["contacts"])]
        text = _folded(" ".join(shown))
        return all(word in text for word in words)


@pages.get("/reseau", SIGNED_IN)
async def show_network(request: Request, viewer: Asking) -> Response:
    """All of it."""
    return await _network(request, viewer, "")


@pages.post("/reseau", SIGNED_IN)
async def search_network(request: Request, viewer: Asking) -> Response:
    """What holds these words; a name that is looked for stays out of the address."""
    form = await request.form()
    return await _network(request, viewer, str(form.get("mots", ""))[:100].strip())


@pages.get("/aide", SIGNED_IN)
async def help_page(request: Request, viewer: Asking) -> Response:
    """What to do in each role, in plain words."""
    order = [role.value for role in Role if role in viewer.roles]
    return request.app.state.pages.render(request, "help.html", viewer=viewer, mine=order)


async def _network(request: Request, viewer: Viewer, typed: str) -> Response:
    async with service_of(request).database.web(viewer) as work:
        entries = await read_network(viewer, work)
    words = _folded(typed).split()
    return request.app.state.pages.render(
        request,
        "network.html",
        viewer=viewer,
        typed=typed,
        entries=[one for one in entries if one.matches(words)] if words else entries,
        total=len(entries),
    )


async def read_network(_viewer: Viewer, work: Work) -> list[Entry]:
    """Every organisation with its desks and contacts, by name; the directory names professionals only."""
    statement: Any = select(Organisation).where(Organisation.closed.is_(False)).order_by(Organisation.name)  # type: ignore[attr-defined]
    organisations = list((await work.session.execute(statement)).scalars())
    statement = select(Desk).order_by(Desk.name)  # type: ignore[arg-type]
    desks = list((await work.session.execute(statement)).scalars())
    staff = await read_staff([one.ref for one in desks], work)
    conventions = await conventions_in_force(work.now, work)
    today = today_in_paris(work.now)
    found: list[Entry] = []
    for organisation in organisations:
        own = [describe_desk(one, organisation, staff, conventions, work.now) for one in desks
               if one.organisation == organisation.ref]  # fmt: skip
        convention = conventions.get(organisation.ref)
        found.append(
            Entry(
                name=organisation.name,
                kind=OrganisationKind(organisation.kind).label,
                convention=_convention(convention, work.now),
                signed=convention is not None,
                desks=[
                    {
                        "name": one.desk_name,
                        "phone": one.phone,
                        "rights": ", ".join(right_name(code) for code in one.rights),
                        "modes": ", ".join(mode.label.lower() for mode in one.modes),
                        "closed": None if one.open else _closed(one.closed_until, today),
                        "contacts": [_contact(contact, today) for contact in one.contacts],
                    }
                    for one in own
                ],
            )
        )
    return found


def _contact(contact: ContactOption, today: date) -> dict[str, Any]:
    away = None
    if contact.absent_until:
        deputy = f", suppléance\u202f: {contact.deputy_name}" if contact.deputy_name else ", sans suppléance"
        away = f"En absence {until(contact.absent_until, today)}{deputy}"
    return {"name": contact.name, "function": contact.function, "phone": contact.phone, "away": away}


def _closed(closed_until: date | None, today: date) -> str:
    return f"Fermé {until(closed_until, today)}" if closed_until else "Ne reçoit pas d’orientation en ce moment"


def _convention(convention: Convention | None, now: datetime) -> str:
    if convention is None:
        return "Pas de convention en vigueur\u202f: aucun partage possible pour l’instant"
    return f"Convention en vigueur {until(convention.ends - timedelta(microseconds=1), today_in_paris(now))}"


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain.lower()
