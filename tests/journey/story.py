"""What people do in Relais, told over HTTP with the fields that the pages' forms have: the quick way to a state that a
test is about.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from contracts.viewer import Role
from services.partners.demonstration import PEOPLE, people, ref_of
from services.partners.domain import today_in_paris
from services.runtime.clock import system_clock
from tests.conftest import eventually

EVERYTHING_USEFUL = (
    "identity_min",
    "identity_full",
    "contact_phone",
    "contact_safe_times",
    "right_status",
    "need_summary",
)
SOCIAL = ref_of("desk", "caf", "social")


def login(index: int) -> str:
    """The address of a row of the demonstration's PEOPLE."""
    return people()[index].email


def first(role: Role, organisation: str, desk: str | None = None) -> int:
    """The first row of PEOPLE with that role in that organisation and desk."""
    return next(i for i, row in enumerate(PEOPLE) if row[:3] == (organisation, role, desk))


REFERENT = first(Role.REFERENT, "ccas")
AGENT = first(Role.DESK_AGENT, "caf", "social")
MANAGER = first(Role.DESK_MANAGER, "caf", "social")


def today() -> date:
    """The day in Paris."""
    return today_in_paris(system_clock())


def in_days(days: int) -> str:
    """That many days from now, as a date field takes it."""
    return (today() + timedelta(days=days)).isoformat()


@dataclass
class Someone:
    """A person accompanied, as a referent notes her."""

    first_name: str = "Ambrine"
    last_name: str = "Quentavel"
    birth_date: str = "1991-04-17"
    phone: str = "06 39 98 41 27"
    postal_address: str = "4 allée des Essais, 99000 Valbrume"
    safe_times: str = "le matin avant onze heures"
    more: dict[str, str] = field(default_factory=dict)

    def form(self) -> dict[str, str]:
        """The form of a first encounter."""
        return {
            "channel": "permanence", "met_on": in_days(0), "place": "Mairie annexe", "civility": "mme",
            "first_name": self.first_name, "last_name": self.last_name, "birth_date": self.birth_date,
            "phone": self.phone, "postal_address": self.postal_address, "safe_times": self.safe_times,
            "language": "fr", "scheme": "general", "household": "alone_with_children", "children": "2",
            "housing": "tenant", "employment": "unemployed", "resources_band": "under_600", "decision": "autre",
            **self.more,
        }  # fmt: skip


async def post(client: httpx.AsyncClient, path: str, data: dict[str, Any]) -> httpx.Response:
    """Send a form with a fresh command; it must be taken."""
    answer = await client.post(path, data={"command_id": str(uuid4()), **data})
    assert answer.status_code == 303, (path, answer.status_code, answer.text[:4000])
    return answer


def last_word(answer: httpx.Response) -> UUID:
    """The reference at the end of the address where one is sent next."""
    return UUID(answer.headers["location"].split("?")[0].rstrip("/").rsplit("/", 1)[-1])


async def meet(client: httpx.AsyncClient, who: Someone) -> UUID:
    """A first encounter; the person's reference."""
    return last_word(await post(client, "/personnes/nouvelle", who.form()))


async def review(client: httpx.AsyncClient, person: UUID, *rights: str) -> None:
    """A rights review that notes these rights."""
    grounds = {f"ground_{right}": "resources" for right in rights}
    causes = {f"cause_{right}": "non_connaissance" for right in rights}
    await post(client, f"/personnes/{person}/bilan", {"rights": list(rights), **grounds, **causes})


async def agree(
    client: httpx.AsyncClient, person: UUID, desk: UUID, *rights: str, categories: tuple[str, ...] = EVERYTHING_USEFUL
) -> None:
    """The person agrees to share these categories with that desk."""
    form = {
        "answer": "oui", "desk": str(desk), "purpose": "open_right", "categories": list(categories),
        "rights": list(rights), "until": in_days(120), "method": "oral_in_person", "language": "fr",
        "read_back": "true", "notice_read": "true",
    }  # fmt: skip
    await post(client, f"/personnes/{person}/accord", form)


async def confide(
    client: httpx.AsyncClient, person: UUID, right: str, desk: UUID = SOCIAL, contact: int = AGENT, **more: str
) -> UUID:
    """Send a warm referral; its reference."""
    form = {
        "right": right, "chosen": f"{desk}.{people()[contact].ref}", "mode": "rdv_accompagne",
        "message": "Elle préfère un rendez-vous.", "action": "send", **more,
    }  # fmt: skip
    return last_word(await post(client, f"/personnes/{person}/confier", form))


@dataclass
class Sent:
    """A referral on its way, and the person behind it."""

    person: UUID
    ref: UUID


async def send_one(client: httpx.AsyncClient, who: Someone, right: str = "rsa", desk: UUID = SOCIAL) -> Sent:
    """From meeting to sent, to a contact of that desk."""
    person = await meet(client, who)
    await review(client, person, right)
    await agree(client, person, desk, right)
    contact = next(i for i, row in enumerate(PEOPLE) if row[2] and ref_of("desk", row[0], row[2]) == desk)
    return Sent(person, await confide(client, person, right, desk, contact))


async def until_there(agent: httpx.AsyncClient, ref: UUID) -> None:
    """Until the desk has that referral."""

    async def there() -> bool:
        return (await agent.get(f"/api/desk/items/{ref}")).status_code == 200

    await eventually(there, within=30)


async def mails(nobody: httpx.AsyncClient) -> AsyncIterator[str]:
    """The page of each mail in the box of the demonstration, the newest first."""
    for number in re.findall(r'data-key="(/courrier/\d+)"', (await nobody.get("/courrier")).text):
        yield (await nobody.get(number)).text


async def act(client: httpx.AsyncClient, ref: UUID, action: str, **fields: str) -> httpx.Response:
    """One action of the desk, by its form."""
    return await post(client, f"/bureau/{ref}/{action}", fields)
