"""Whatever a person agreed to, at random: of her, a desk's page, its list and its interface for software have what she
agreed to and nothing beside; a mail has nothing at all.
"""

import csv
import io
import zipfile

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from contracts.dossier import Category, category_of
from services.referral import spreadsheet
from services.whole import Ground
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import AGENT, REFERENT, Someone

# Each value is unlike any other text, so that its presence says which category left.
VALUES = {
    Category.IDENTITY_FULL: "Wilhelmette",
    Category.BIRTH_DATE: "27/02/1938",
    Category.CONTACT_PHONE: "06 42 88 17 53",
    Category.CONTACT_POSTAL: "traverse des Quinquets",
    Category.CONTACT_SAFE_TIMES: "quand sonne le carillon Dumanoir",
    Category.NEED_SUMMARY: "redoute le courrier Patafiole",
    Category.ACCOMPANIMENT: "son parrain Trottignol",
}
WHO = Someone(
    VALUES[Category.IDENTITY_FULL], "Zouaveau", "1938-02-27", VALUES[Category.CONTACT_PHONE],
    f"5 {VALUES[Category.CONTACT_POSTAL]}", VALUES[Category.CONTACT_SAFE_TIMES],
)  # fmt: skip


class Desk:
    """The desk that has her referral, and the row that decides what it reads."""

    def __init__(self, client: httpx.AsyncClient, sent: story.Sent, url: str) -> None:
        self.client, self.sent, self.url = client, sent, url

    async def agreed(self, categories: frozenset[Category]) -> None:
        """From now on she agrees to these."""
        link = await asyncpg.connect(self.url)
        try:
            statement = "UPDATE intake.consentgrant SET categories = $1::text[] WHERE person = $2"
            await link.execute(statement, [one.value for one in Category if one in categories], self.sent.person)
        finally:
            await link.close()

    async def last_read(self) -> set[Category]:
        """What the journal says of the last reading."""
        link = await asyncpg.connect(self.url)
        try:
            statement = "SELECT categories FROM intake.journalentry WHERE handover = $1 ORDER BY at DESC LIMIT 1"
            return {Category(one) for one in await link.fetchval(statement, self.sent.ref)}
        finally:
            await link.close()


@pytest.fixture(scope="module")
async def desk(relais: Running, ground: Ground, until) -> Desk:
    referent, agent = [await relais.sign_in(story.login(one)) for one in (REFERENT, AGENT)]
    person = await story.meet(referent, WHO)
    await story.review(referent, person, "rsa")
    await story.agree(referent, person, story.SOCIAL, "rsa", categories=tuple(one.value for one in Category))
    texts = {"message": VALUES[Category.NEED_SUMMARY], "accompanied_by": VALUES[Category.ACCOMPANIMENT]}
    sent = story.Sent(person, await story.confide(referent, person, "rsa", **texts))

    async def readable() -> bool:
        return VALUES[Category.NEED_SUMMARY] in (await agent.get(f"/bureau/{sent.ref}")).text

    await until(readable, within=30)
    return Desk(agent, sent, ground.owner_url)


def left(text: str) -> set[Category]:
    """The categories of which a value stands in a text."""
    return {category for category, value in VALUES.items() if value in text}


@settings(max_examples=12, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(categories=st.frozensets(st.sampled_from(Category), max_size=len(Category)))
async def test_what_leaves_for_a_desk_is_what_was_agreed_to(desk: Desk, categories: frozenset[Category]) -> None:
    await desk.agreed(categories)
    ref = desk.sent.ref
    page = await desk.client.get(f"/bureau/{ref}")
    item = (await desk.client.get(f"/api/desk/items/{ref}")).json()
    rows = (await desk.client.get("/api/desk/items")).json()["items"]
    lists = [(await desk.client.get("/bureau")).text, str([one for one in rows if one["ref"] == str(ref)])]

    assert left(page.text) == categories & set(VALUES)
    shared = item["disclosure"]["shared"]
    assert {Category(one["category"]) for one in shared} <= categories
    assert all(category_of(one["field"]) is Category(one["category"]) for one in shared)
    assert left(str(item)) == categories & set(VALUES)
    for text in lists:
        assert left(text) <= categories


async def test_a_list_is_journalled_as_what_it_shows_and_the_page_of_one_as_all_of_it(desk: Desk) -> None:
    await desk.agreed(frozenset(Category))
    for page in range(1, 20):
        if str(desk.sent.ref) in (await desk.client.get(f"/bureau?page={page}")).text:
            break
    in_the_list = await desk.last_read()
    await desk.client.get(f"/bureau/{desk.sent.ref}")
    assert in_the_list == {Category.IDENTITY_MIN} and await desk.last_read() >= set(VALUES)


async def test_no_mail_has_any_of_it_whatever_was_agreed_to(desk: Desk, relais: Running) -> None:
    mails = [one async for one in story.mails(relais.nobody())]
    assert mails  # the control: a mail of some referral was sent
    assert [left(one) for one in mails] == [set() for _ in mails]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_an_export_is_a_formula(sign: str) -> None:
    cell = f"{sign}cmd|' /C calc'!A0"
    text = spreadsheet.as_csv(("Guichet", "Nombre"), [(cell, 3)]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline="")))[1] == [f"'{cell}", "3"]
    book = spreadsheet.as_xlsx([spreadsheet.Sheet("one", "Un", ("Guichet", "Nombre"), ((cell, 3),))])
    shown = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_name("Un").to_python()
    assert str(shown[1][0]).startswith("'")  # a text: of a formula one would read the result
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert all(b"<f>" not in parts.read(name) for name in parts.namelist() if "sheets/" in name)


async def test_what_the_check_looks_for_is_found(desk: Desk) -> None:
    """The control: with everything agreed, every value is on the page."""
    await desk.agreed(frozenset(Category))
    assert left((await desk.client.get(f"/bureau/{desk.sent.ref}")).text) == set(VALUES)
