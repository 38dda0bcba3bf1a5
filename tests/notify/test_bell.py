"""The bell and the wishes about mail: what an account sees of hers alone, and when a mail may leave."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest

from contracts.ladder import LadderStep
from services.notify.domain import Kind, Reason, Rhythm, sentence_of
from services.notify.ledger_words import alarm, days_of, kinds_of
from services.notify.wishes import Wishes, when_to_mail
from tests.journey import story
from tests.journey.story import AGENT, MANAGER, REFERENT, SOCIAL, Someone, act, in_days, login

# A Wednesday, 16:00 in Paris (winter time).
NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
NEXT_MORNING = datetime(2026, 11, 19, 7, 30, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
URGENT, CAN_WAIT, EVE = Kind.REFERRAL_AWAITS.value, LadderStep.NO_ACTIVITY.value, Kind.APPOINTMENT_EVE.value


@pytest.mark.parametrize(
    ("kind", "wishes", "expected"),
    [
        (URGENT, Wishes(), NOW),
        (CAN_WAIT, Wishes(), NEXT_MORNING),
        (CAN_WAIT, Wishes(Rhythm.AT_ONCE), NOW),
        (URGENT, Wishes(Rhythm.WEEKLY), MONDAY),
        (URGENT, Wishes(Rhythm.NEVER), Reason.PREFERS_NOT),
        (EVE, Wishes(), NOW),
        (EVE, Wishes(Rhythm.WEEKLY), Reason.STALE),
        (EVE, Wishes(quiet_from=time(15), quiet_until=time(8)), Reason.STALE),
        (URGENT, Wishes(quiet_from=time(15), quiet_until=time(17)), datetime(2026, 11, 18, 16, 0, tzinfo=UTC)),
        (URGENT, Wishes(quiet_from=time(14), quiet_until=time(8)), datetime(2026, 11, 19, 7, 0, tzinfo=UTC)),
        (URGENT, Wishes(quiet_from=time(20), quiet_until=time(8)), NOW),
    ],
)
def test_a_mail_leaves_when_the_account_wishes(kind, wishes, expected):
    assert when_to_mail(kind, wishes, NOW) == expected


def test_the_eve_of_an_appointment_goes_into_the_mail_of_that_day_also_of_a_week():
    monday_at_eight = MONDAY.replace(minute=0)
    assert when_to_mail(EVE, Wishes(), monday_at_eight) == MONDAY
    assert when_to_mail(EVE, Wishes(Rhythm.WEEKLY), monday_at_eight) == MONDAY


def test_a_quiet_weekend_and_a_quiet_night_end_on_monday_morning():
    saturday = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    wishes = Wishes(quiet_from=time(20), quiet_until=time(8), quiet_weekends=True)
    assert when_to_mail(URGENT, wishes, saturday) == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def test_a_scheduler_that_stopped_is_said_first():
    assert alarm(NOW, NOW) is None
    assert "12 minutes" in (alarm(datetime(2026, 11, 18, 14, 48, tzinfo=UTC), NOW) or "")
    assert alarm(None, NOW)


def test_each_day_of_the_ledger_and_each_kind_adds_up():
    day, before = NOW.date(), NOW.date() - timedelta(days=1)
    lines = [
        (day, URGENT, "sent", "", 3), (day, EVE, "suppressed", "merged", 2), (day, EVE, "failed", "nobody", 1),
        (day, URGENT, "pending", "", 4), (day, URGENT, "sending", "", 1), (before, URGENT, "sent", "", 7),
    ]  # fmt: skip
    (newest, found), (oldest, _) = days_of(lines)
    assert (newest, oldest, found.cells()) == (day, before, [11, 3, 2, 1, 5])
    assert [(sentence, line.cells()) for sentence, line in kinds_of(lines)] == [
        (sentence_of(URGENT), [15, 10, 0, 0, 5]), (sentence_of(EVE), [3, 0, 2, 1, 0])
    ]  # fmt: skip


async def test_the_bell_rings_for_the_contact_alone_and_stops_when_she_answers(relais, until):
    referent, agent = await relais.sign_in(login(REFERENT)), await relais.sign_in(login(AGENT))
    manager = await relais.sign_in(login(MANAGER))

    async def unread(client):
        return (await client.get("/avis/nombre")).json()["unread"]

    before, managers = await unread(agent), await unread(manager)
    person = await story.meet(referent, Someone("Aldegonde", "Sertillane", "1990-02-11"))
    await story.review(referent, person, "rsa")
    await story.agree(referent, person, SOCIAL, "rsa")
    ref = await story.confide(referent, person, "rsa", mode="rdv_pris", accompanied_by="", message="Plutôt le matin.")

    async def rings():
        return await unread(agent) == before + 1

    await until(rings)
    page = (await agent.get("/avis")).text
    assert f"/bureau/{ref}" in page and "Sertillane" not in page and "RSA" not in page
    assert await unread(manager) == managers
    await act(agent, ref, "acknowledge", promised_for=in_days(2))

    async def quiet():
        return await unread(agent) == before

    await until(quiet)


async def test_what_came_after_the_page_was_shown_stays_new(relais, until):
    referent, agent = await relais.sign_in(login(REFERENT)), await relais.sign_in(login(AGENT))

    async def unread() -> int:
        return (await agent.get("/avis/nombre")).json()["unread"]

    async def confide(last_name: str) -> None:
        person, before = await story.meet(referent, Someone("Aldegonde", last_name, "1990-02-11")), await unread()
        await story.review(referent, person, "rsa")
        await story.agree(referent, person, SOCIAL, "rsa")
        await story.confide(referent, person, "rsa", mode="rdv_pris", accompanied_by="", message="Plutôt le matin.")

        async def rings():
            return await unread() == before + 1

        await until(rings)

    await confide("Vertalune")
    shown = re.search(r'name="shown" value="([^"]+)"', (await agent.get("/avis")).text)[1]
    await confide("Zorbalune")
    assert (await agent.post("/avis/lu", data={"shown": shown})).status_code == 303
    assert await unread() == 1


async def test_wishes_are_kept_and_a_lonely_hour_is_refused(relais):
    agent = await relais.sign_in(login(AGENT))
    refused = await agent.post("/avis/reglages", data={"rhythm": "daily", "quiet_from": "20:00"})
    assert refused.status_code == 422 and "Donnez les deux heures" in refused.text and 'value="20:00"' in refused.text
    kept = await agent.post("/avis/reglages", data={"rhythm": "weekly", "quiet_from": "20:00", "quiet_until": "08:00"})
    assert kept.status_code == 303
    page = (await agent.get("/avis/reglages")).text
    assert 'value="08:00"' in page and 'value="weekly" aria-labelledby="rhythm-3-label" checked' in page
    await agent.post("/avis/reglages", data={"rhythm": "daily"})
