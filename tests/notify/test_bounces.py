"""What comes back is attributed, shown to whoever refers to that contact and to her managers, and forgotten when it is
well again; nothing else is taken in.
"""

from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from uuid import UUID, uuid4

import pytest
from aiosmtplib import SMTP, SMTPRecipientsRefused
from hypothesis import given
from hypothesis import strategies as st

from contracts.asks import CheckReminders, ListBouncing
from contracts.replies import AudienceFound
from services.notify import ledger_counts
from services.notify.dsn import Cause, cause_of, read_report

REPORT = """From: MAILER-DAEMON@mx.example\r
To: {back}\r
Subject: Undelivered Mail Returned to Sender\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
It did not arrive.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; contact@guichet.example\r
Action: {action}\r
Status: {status}\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
From: relais@valbrume.example\r
Message-ID: <telling-{telling}@valbrume.example>\r
\r
--b--\r
"""


def report(back: str, *, action: str = "failed", status: str = "5.1.1", telling: UUID | None = None) -> bytes:
    return REPORT.format(back=back, action=action, status=status, telling=telling or uuid4()).encode()


async def hand_in(world, back: str, content: bytes) -> None:
    """As the relay does."""
    client = SMTP(hostname="127.0.0.1", port=world.service.settings.bounce_port, start_tls=False, local_hostname="mx")
    async with client:
        await client.sendmail("", [back], content)


async def bouncing(world, *accounts) -> set[UUID]:
    return set((await world.intake.ask(ListBouncing(accounts=accounts))).since)


async def sent_mail(world, new_fact, until, **more):
    """A mail that left: its account, its telling, the address to which it would come back."""
    account, email = world.account(**more)
    fact = new_fact(assignee=account)
    await world.publish(fact)

    async def settled():
        return ("sent", None) in await world.states(fact.ref)

    await until(settled)
    (received,) = world.relay.to(email)
    return account, fact, UUID(received.message["Message-ID"][9:45]), received.back


async def test_a_mail_that_comes_back_is_failed_and_its_account_marked(world, new_fact, until):
    account, fact, telling, back = await sent_mail(world, new_fact, until)
    assert back.startswith("retours+") and len(back.partition("@")[0]) <= 64 and str(account) not in back
    await hand_in(world, back, report(back, telling=telling))
    assert await world.states(fact.ref) == [("failed", "bounced")]
    assert await bouncing(world, account, uuid4()) == {account}


async def test_the_managers_of_her_desks_are_told_once(world, new_fact, until):
    manager, desk = world.account()[0], uuid4()
    world.behind[desk] = AudienceFound(managers=(manager,))
    account, _, telling, back = await sent_mail(world, new_fact, until, desks=(desk,))
    for _ in range(2):
        await hand_in(world, back, report(back, telling=telling))
    rows = await world.rows(account)
    assert [(row[0], row[2]) for row in rows if row[2] == manager] in ([("sent", manager)], [("pending", manager)],
                                                                     [("sending", manager)])  # fmt: skip
    async with world.service.database.worker() as work:
        kinds = (await work.execute("SELECT kind FROM telling WHERE referral = :ref", ref=account)).scalars().all()
    assert kinds == ["mail_comes_back"]


async def test_a_delay_an_answer_and_an_absence_message_mark_nobody(world, new_fact, until):
    account, fact, telling, back = await sent_mail(world, new_fact, until)
    await hand_in(world, back, report(back, action="delayed", status="4.4.1", telling=telling))
    await hand_in(world, back, report(back, action="failed", status="4.2.2", telling=telling))
    absence = EmailMessage(policy=WIRE)
    absence["Subject"], absence["Auto-Submitted"] = "Absente", "auto-replied"
    absence.set_content("Je suis absente.")
    await hand_in(world, back, absence.as_bytes())
    assert await bouncing(world, account) == set()
    assert await world.states(fact.ref) == [("sent", None)]


async def test_only_addresses_made_here_are_taken_in(world):
    made_up = "retours+" + "a" * 42 + "@valbrume.example"
    for forged in (made_up, "quelquun@valbrume.example", "retours+x@ailleurs.example"):
        with pytest.raises(SMTPRecipientsRefused):
            await hand_in(world, forged, report(forged))


async def test_one_account_cannot_fail_the_telling_of_another(world, new_fact, until):
    _, fact, telling, _ = await sent_mail(world, new_fact, until)
    _, _, _, other_back = await sent_mail(world, new_fact, until)
    await hand_in(world, other_back, report(other_back, telling=telling))
    assert await world.states(fact.ref) == [("sent", None)]


async def test_while_it_comes_back_one_mail_a_day_is_tried_and_the_rest_is_read_in_the_bell(world, new_fact, until):
    account, _, telling, back = await sent_mail(world, new_fact, until)
    await hand_in(world, back, report(back, telling=telling))
    second = new_fact(assignee=account)
    await world.publish(second)

    async def is_so(ref, expected):
        return await world.states(ref) == [expected]

    await until(lambda: is_so(second.ref, ("suppressed", "bounced")))
    world.shift = timedelta(hours=25)
    third = new_fact(assignee=account, at=world.service.clock())
    await world.publish(third)
    await until(lambda: is_so(third.ref, ("sent", None)))


async def test_it_is_forgotten_two_days_after_a_mail_that_stayed(world, new_fact, until):
    account, _, telling, back = await sent_mail(world, new_fact, until)
    await hand_in(world, back, report(back, telling=telling))
    world.shift = timedelta(hours=25)
    tried = new_fact(assignee=account, at=world.service.clock())
    await world.publish(tried)

    async def left():
        return await world.states(tried.ref) == [("sent", None)]

    await until(left)
    assert await bouncing(world, account) == {account}
    world.shift = timedelta(hours=25 + 47)
    await clear(world)
    assert await bouncing(world, account) == {account}
    world.shift = timedelta(hours=25 + 49)
    await clear(world)
    assert await bouncing(world, account) == set()


async def test_another_address_is_tried_at_once_and_is_well(world, new_fact, until):
    account, _, telling, back = await sent_mail(world, new_fact, until)
    await hand_in(world, back, report(back, telling=telling))
    world.directory[account] = world.directory[account].model_copy(update={"email": f"{uuid4().hex[:9]}@neuf.example"})
    fact = new_fact(assignee=account)
    await world.publish(fact)

    async def well():
        return await world.states(fact.ref) == [("sent", None)] and not await bouncing(world, account)

    await until(well)


async def test_an_address_that_the_relay_itself_refuses_is_marked_and_its_taking_one_is_proof(world, new_fact, until):
    account, email = world.account()
    world.relay.refused.add(email)
    fact = new_fact(assignee=account)
    await world.publish(fact)

    async def marked():
        return await bouncing(world, account) == {account}

    await until(marked)
    assert await world.states(fact.ref) == [("failed", "relay_refused")]
    world.relay.refused.discard(email)
    world.shift = timedelta(hours=25)
    again = new_fact(assignee=account, at=world.service.clock())
    await world.publish(again)

    async def well():
        return not await bouncing(world, account)

    await until(well)


async def test_no_address_stands_in_any_table_of_notify(world, new_fact, until):
    account, _, telling, back = await sent_mail(world, new_fact, until)
    await hand_in(world, back, report(back, telling=telling))
    email = world.directory[account].email
    async with world.service.database.worker() as work:
        for table in world.service.schema.metadata.sorted_tables:
            rows = (await work.execute(f"SELECT t::text FROM {table} t")).scalars().all()
            assert not [row for row in rows if email in row or back in row], table


async def test_whoever_asks_is_told_that_all_is_well_or_what_is_not(world, until, monkeypatch):
    monkeypatch.setattr(ledger_counts, "GOOD_FOR", timedelta())
    async def well():
        return (await world.referral.ask(CheckReminders())).alarm is None

    await until(well)
    async with world.service.database.worker() as work:
        await work.execute(
            "INSERT INTO reminder (ref, referral, step, due_at, audience, assignee, desk, version, state, fired_at)"
            " VALUES (:ref, :ref, 'no_activity', :now, '{}', :ref, :ref, 1, 'fired', :now)", ref=uuid4(), now=work.now,
        )  # fmt: skip
    alarm = (await world.partners.ask(CheckReminders())).alarm
    async with world.service.database.worker() as work:
        await work.execute("DELETE FROM reminder WHERE referral = ref")
    assert alarm is not None and "ne tombe pas juste (1)" in alarm


@pytest.mark.parametrize(
    ("status", "cause"),
    [("5.1.1", Cause.ADDRESS), ("5.2.2 full", Cause.MAILBOX), ("5.7.1", Cause.REFUSED), ("5.4.6", Cause.OTHER),
     ("", Cause.OTHER)],
)  # fmt: skip
def test_the_cause_is_read_off_the_status(status, cause):
    assert cause_of(status) is cause


@given(st.binary(max_size=400))
def test_whatever_comes_in_is_read_without_a_surprise(content):
    assert read_report(content) is None or read_report(content).cause in set(Cause)


async def clear(world) -> None:
    from services.notify.sender import Sender

    await Sender(world.service).bounces.clear()
