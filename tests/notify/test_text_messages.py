"""Text messages: to professionals who asked, for what cannot wait; to a person the code of her own page alone."""

from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.asks import SendPersonCode
from contracts.ladder import LadderStep
from contracts.refusals import ServiceAway
from services.notify import texts
from services.notify.domain import Kind, sentence_of
from services.notify.tables import SCHEMA
from tests.notify.conftest import content

CODE = "7249 1538"
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


async def wants_texts(world, account, **more) -> None:
    values = {"rhythm": "at_once", "from": None, "until": None} | more
    async with world.service.database.worker() as work:
        await work.execute(
            "INSERT INTO preference (account, rhythm, quiet_weekends, sms) VALUES (:ref, :rhythm, false, true)",
            ref=account, rhythm=values["rhythm"],
        )  # fmt: skip


def number() -> str:
    return f"+3361{uuid4().int % 10**7:07d}"


async def settled(world, ref):
    states = await world.states(ref)
    return bool(states) and all(state not in ("pending", "sending") for state, _ in states) and states


async def test_nobody_who_did_not_ask_gets_one(world, new_fact, until):
    phone = number()
    account, _ = world.account(phone=phone)
    fact = new_fact(assignee=account)
    await world.publish(fact)
    await until(lambda: settled(world, fact.ref))
    assert world.gateway.to(phone) == [] and len(await world.rows(fact.ref)) == 1


async def test_who_asked_gets_both_and_each_is_in_the_ledger(world, new_fact, until):
    phone = number()
    account, email = world.account(phone="0" + phone[3:])
    await wants_texts(world, account)
    fact = new_fact(assignee=account, right="zz_canari_droit")
    await world.publish(fact)
    states = await until(lambda: settled(world, fact.ref))
    assert sorted(states) == [("sent", None), ("sent", None)]
    (text,) = world.gateway.to(phone)
    assert "canari" not in text["text"] and str(fact.ref) not in text["text"]
    assert text["text"].endswith("https://relais.valbrume.example/avis")
    assert len(world.relay.to(email)) == 1


async def test_a_gateway_away_delays_the_text_alone(world, new_fact, until):
    phone = number()
    account, email = world.account(phone=phone)
    await wants_texts(world, account)
    fact = new_fact(assignee=account)

    async def mail_left_text_waits():
        return sorted(await world.states(fact.ref), key=str) == [("pending", "gateway_away"), ("sent", None)]

    async with world.gateway.away():
        await world.publish(fact)
        await until(mail_left_text_waits)
    world.shift = timedelta(minutes=1)
    await until(lambda: settled(world, fact.ref))
    assert len(world.gateway.to(phone)) == 1 and len(world.relay.to(email)) == 1


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"phone": None}, "no_number"), ({"phone": "05 55 00 00 01"}, "no_number"),
     ({"phone": "0612345678", "absent": True}, "absent")],
)  # fmt: skip
async def test_no_text_goes_to_a_desk_phone_or_to_somebody_absent(world, new_fact, until, more, reason):
    account, _ = world.account(**more)
    await wants_texts(world, account)
    fact = new_fact(assignee=account)
    await world.publish(fact)
    states = await until(lambda: settled(world, fact.ref))
    assert sorted(states, key=str) == [("sent", None), ("suppressed", reason)]


async def test_the_bell_shows_one_line_for_both(world, new_fact, until):
    account, _ = world.account(phone=number())
    await wants_texts(world, account)
    fact = new_fact(assignee=account)
    await world.publish(fact)
    await until(lambda: settled(world, fact.ref))
    async with world.service.database.worker() as work:
        query = "SELECT count(*) FROM telling WHERE account = :ref AND channel = 'mail'"
        assert (await work.execute(query, ref=account)).scalar_one() == 1


@pytest.mark.parametrize(("language", "word"), [("fr", "Votre code"), ("en", "Your code"), ("ar", "رمزك"),
                                               ("ru", "Votre code")])  # fmt: skip
async def test_a_persons_code_goes_in_her_language_and_stays_nowhere(world, notify_ground, capfd, language, word):
    phone = number()
    reply = await world.intake.ask(SendPersonCode(phone=phone, code=CODE, language=language))
    assert reply.accepted
    (text,) = world.gateway.to(phone)
    assert word in text["text"] and CODE in text["text"]
    out, err = capfd.readouterr()
    assert CODE not in out + err and phone not in out + err
    async with world.service.database.worker() as work:
        for table in SCHEMA.metadata.sorted_tables:
            rows = (await work.execute(f"SELECT t::text FROM {table.name} t")).scalars().all()
            assert not [row for row in rows if CODE in row or phone in row], table.name
    kept = [file for file in notify_ground.nats.log.parent.rglob("*") if file.is_file()]
    assert kept and not [file for file in kept if CODE.encode() in content(file)]


async def test_a_refused_number_is_not_accepted_and_a_gateway_away_is_said(world):
    phone = number()
    world.gateway.refused.add(phone)
    assert not (await world.intake.ask(SendPersonCode(phone=phone, code=CODE))).accepted
    async with world.gateway.away():
        with pytest.raises(ServiceAway):
            await world.intake.ask(SendPersonCode(phone=phone, code=CODE))


def test_every_sentence_fits_the_short_alphabet_and_no_text_is_longer_than_two():
    for kind in (*Kind, *LadderStep):
        text = texts.plain(f"Relais : {sentence_of(kind)} https://relais.valbrume.example/avis")
        assert set(text) <= GSM, (kind, set(text) - GSM)
        assert len(text) <= 306
    for language, text in texts.PERSON_CODE.items():
        whole = text.format(code=CODE)
        assert len(whole) <= (70 if language == "ar" else 306), language
