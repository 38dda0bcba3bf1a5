"""A person is reached only as she asked (threat T30); her code goes to her phone only when she wants it there."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.asks import CheckReminders, ListBouncing, SendPersonCode
from contracts.refusals import NotAtThisHour, NoTextMessage, ServiceAway
from contracts.replies import BouncingFound, CodeSent, RemindersChecked
from services.intake.contact_rules import PARIS, ContactRules, check_text_message
from services.intake.tables import Person
from services.runtime.bus import Bus
from tests.intake.people_world import People, referent, text_of

PHONE = "+33612345678"


class Notify:
    """What intake asks of notify, on the bus."""

    def __init__(self) -> None:
        self.codes: list[SendPersonCode] = []
        self.away = False

    async def send(self, ask: SendPersonCode) -> CodeSent:
        if self.away:
            raise ServiceAway
        self.codes.append(ask)
        return CodeSent(accepted=True)

    async def check(self, _ask: CheckReminders) -> RemindersChecked:
        return RemindersChecked(texts=True)

    async def bouncing(self, _ask: ListBouncing) -> BouncingFound:
        return BouncingFound(since={})


@pytest.fixture
async def notify(people: People):
    servers = people.service.servers
    made = Notify()
    bus = Bus("notify", people.service.settings.territory, servers.nats_url, servers.keys / "notify" / "nats.creds")
    bus.answer(SendPersonCode, made.send)
    bus.answer(CheckReminders, made.check)
    bus.answer(ListBouncing, made.bouncing)
    await bus.start()
    yield made
    await bus.stop()


async def ask_rules(people: People, viewer, person, **given) -> None:
    data = {"command_id": str(uuid4()), **given}
    answer = await (await people.client(viewer)).post(f"/personnes/{person}/joindre", data=data)
    assert answer.status_code == 303, answer.text[:2000]


async def by_sms(people: People, viewer, person):
    return await (await people.client(viewer)).post(f"/personnes/{person}/sa-page", data={"handed": "sms"})


async def test_the_code_goes_to_her_phone_in_her_language_and_is_not_on_the_sheet(people: People, notify: Notify):
    viewer = referent()
    person = await people.meet(viewer, last_name="Brindamour", phone="06 12 34 56 78", language="en")
    offered = text_of((await (await people.client(viewer)).get(f"/personnes/{person}/sa-page")).text)
    assert "Par SMS, elle le demande" in offered
    page = await by_sms(people, viewer, person)
    (sent,) = notify.codes
    assert (sent.phone, sent.language) == (PHONE, "en") and re.fullmatch(r"\d{4} \d{4}", sent.code)
    assert "Le code est parti par SMS" in text_of(page.text) and sent.code not in page.text
    async with people.service.database.worker() as work:
        query = "SELECT handed FROM personlink WHERE person = :person"
        assert (await work.execute(query, person=person)).scalar_one() == "sms"


async def test_a_code_that_did_not_leave_is_on_the_sheet_and_it_is_said(people: People, notify: Notify):
    viewer = referent()
    person = await people.meet(viewer, last_name="Brindamour", phone="06 12 34 56 78")
    notify.away = True
    page = await by_sms(people, viewer, person)
    assert "Le SMS n’est pas parti" in text_of(page.text)
    assert len(re.findall(r'<dd class="big">([^<]+)</dd>', page.text)) == 2


async def test_without_asking_for_it_nothing_goes_to_her_phone(people: People, notify: Notify):
    viewer = referent()
    person = await people.meet(viewer, last_name="Brindamour", phone="06 12 34 56 78")
    page = await (await people.client(viewer)).post(f"/personnes/{person}/sa-page")
    assert page.status_code == 200 and notify.codes == []


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [({"no_sms": "true"}, "Elle ne veut ni message ni SMS"), ({"no_message": "true"}, "Elle ne veut ni message ni SMS"),
     ("never now", "Elle ne peut être jointe qu’entre")],
)  # fmt: skip
async def test_what_she_asked_stops_the_message_and_makes_no_link(people: People, notify: Notify, asked, sentence):
    viewer = referent()
    person = await people.meet(viewer, last_name="Brindamour", phone="06 12 34 56 78")
    if asked == "never now":
        later = people.service.clock().astimezone(PARIS) + timedelta(hours=2)
        asked = {"safe_from": f"{later:%H:%M}", "safe_until": f"{later + timedelta(hours=1):%H:%M}"}
    await ask_rules(people, viewer, person, **asked)
    page = await by_sms(people, viewer, person)
    assert page.status_code == 409 and sentence in text_of(page.text)
    assert notify.codes == []
    async with people.service.database.worker() as work:
        links = "SELECT count(*) FROM personlink WHERE person = :person"
        assert (await work.execute(links, person=person)).scalar_one() == 0


async def test_what_she_asked_is_on_her_file_sealed_and_what_was_typed_is_kept(people: People):
    viewer = referent()
    person = await people.meet(viewer, last_name="Brindamour")
    client = await people.client(viewer)
    refused = await client.post(
        f"/personnes/{person}/joindre", data={"command_id": str(uuid4()), "safe_from": "09:00", "no_sms": "true"}
    )
    assert refused.status_code == 422 and "Donnez les deux heures" in refused.text and 'value="09:00"' in refused.text
    await ask_rules(people, viewer, person, safe_from="09:00", safe_until="12:30", no_message="true")
    shown = text_of((await client.get(f"/personnes/{person}")).text).replace("\u202f", " ")
    assert "Entre 9 h et 12 h 30. Ne pas laisser de message." in shown
    async with people.service.database.worker() as work:
        row = await work.session.get(Person, person)
        assert row.contact_rules and b"09:00" not in row.contact_rules


@given(st.times(), st.times(), st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1)))
def test_the_hours_hold_also_over_midnight(begins, ends, at):
    rules, at = ContactRules(safe_from=begins, safe_until=ends), at.replace(tzinfo=UTC)
    clock = at.astimezone(PARIS).time()
    inside = clock >= begins and clock < ends if begins < ends else clock >= begins or clock < ends
    try:
        check_text_message(rules, at)
        said = True
    except NotAtThisHour:
        said = False
    assert said is (inside or begins == ends)


@given(st.booleans(), st.booleans())
def test_no_message_means_no_text_message_either(no_message, no_sms):
    rules, noon = ContactRules(no_message=no_message, no_sms=no_sms), datetime(2026, 3, 2, 11, tzinfo=UTC)
    if no_message or no_sms:
        with pytest.raises(NoTextMessage):
            check_text_message(rules, noon)
    else:
        check_text_message(rules, noon)
