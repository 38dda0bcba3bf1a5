"""Passwords: long, never alone, never an oracle, and never a way to take the machine from the others."""

import asyncio
import re
import statistics
import time
from datetime import timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.refusals import SignInBusy
from services.partners.demonstration import demo_accounts
from services.partners.password import AT_ONCE, WAITING, Hashing
from services.partners.sign_in_keys import SignInKeys
from services.partners.sign_in_rules import password_refused
from services.runtime.web.guard import COOKIE

REFERENT = demo_accounts()[0]
GOOD = "grenouille parapluie octave tilleul"


async def with_password(world, password=GOOD):
    """A browser of the referent, her application, and her recovery codes."""
    browser = await world.as_account(ref=REFERENT["ref"])
    answer = await browser.post("/compte/mot-de-passe", data={"password": password})
    assert answer.headers["location"] == "/compte/mot-de-passe/code", answer.text
    page = (await browser.get("/compte/mot-de-passe/code")).text
    secret = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")
    totp = pyotp.TOTP(secret)
    answer = await browser.post("/compte/mot-de-passe/code", data={"code": totp.at(world.now)})
    assert answer.status_code == 200, answer.text
    codes = re.findall(r'<code class="key">([a-z0-9-]{19})</code>', answer.text)
    assert len(set(codes)) == 10
    return browser, totp, codes


@pytest.fixture(autouse=True)
async def forgotten(world):
    async with world.service.database.worker() as work:
        await work.execute("DELETE FROM signinevent")
    yield
    async with world.service.database.worker() as work:
        for table in ("password", "recoverycode", "signinpolicy"):
            await work.execute(f"DELETE FROM {table}")


def typed(code, password=GOOD, email=REFERENT["login"]):
    return {"email": email, "password": password, "code": code}


async def test_password_and_code_together_sign_in_and_each_code_serves_once(world):
    _, totp, _ = await with_password(world)
    world.shift = timedelta(seconds=60)
    code, browser = totp.at(world.now), world.browser()
    answer = await browser.post("/connexion/mot-de-passe", data=typed(f"{code[:3]} {code[3:]}"))
    assert answer.status_code == 303
    assert COOKIE in answer.headers["set-cookie"]
    again = await world.browser().post("/connexion/mot-de-passe", data=typed(code))
    assert again.status_code == 422
    assert "ne convient pas" in again.text


async def test_the_code_with_which_it_was_made_serves_no_second_time(world):
    _, totp, _ = await with_password(world)
    answer = await world.browser().post("/connexion/mot-de-passe", data=typed(totp.at(world.now)))
    assert answer.status_code == 422


async def test_a_password_made_anew_replaces_the_former(world):
    _, former, _ = await with_password(world)
    anew = "six tortues sous le pont du nord"
    _, totp, _ = await with_password(world, anew)
    world.shift = timedelta(seconds=60)
    for code, password in ((former, GOOD), (totp, GOOD)):
        refused = await world.browser().post("/connexion/mot-de-passe", data=typed(code.at(world.now), password))
        assert refused.status_code == 422
    taken = await world.browser().post("/connexion/mot-de-passe", data=typed(totp.at(world.now), anew))
    assert taken.status_code == 303


async def test_whatever_is_wrong_the_answer_is_the_same(world):
    _, totp, _ = await with_password(world)
    world.shift = timedelta(seconds=60)
    code = totp.at(world.now)
    tries = (
        typed(code, "un autre mot de passe bien long"),
        typed("000000"),
        typed(code, email="personne@ailleurs.example"),
        typed(code, email=demo_accounts()[5]["login"]),
        typed(""),
    )
    answers = [await world.browser().post("/connexion/mot-de-passe", data=one) for one in tries]
    assert {one.status_code for one in answers} == {422}
    texts = {re.sub(r'value="[^"]*"', "", one.text) for one in answers[:4]}
    assert len(texts) == 1
    assert all(GOOD not in one.text and code not in one.text for one in answers)


async def test_an_unknown_address_takes_as_long_as_a_known_one(world):
    """Both make one hash: without the decoy the unknown one would be some fifty times faster."""
    await with_password(world)

    async def seconds(email):
        began = time.perf_counter()
        await world.browser().post("/connexion/mot-de-passe", data=typed("000000", "wrong wrong wrong wrong", email))
        return time.perf_counter() - began

    await seconds("premier@ailleurs.example")
    known, unknown = [], []
    for number in range(4):
        known.append(await seconds(REFERENT["login"]))
        unknown.append(await seconds(f"personne{number}@ailleurs.example"))
    assert 1 / 4 < statistics.median(known) / statistics.median(unknown) < 4


async def test_a_recovery_code_stands_in_once(world):
    _, _, codes = await with_password(world)
    answer = await world.browser().post("/connexion/mot-de-passe", data=typed(codes[0].upper()))
    assert answer.status_code == 303
    assert (await world.browser().post("/connexion/mot-de-passe", data=typed(codes[0]))).status_code == 422
    mine = await world.as_account(ref=REFERENT["ref"])
    page = (await mine.get("/compte")).text
    assert "9 codes de secours" in page
    assert "Connexion avec un code de secours" in page


async def test_a_password_without_its_second_factor_does_not_exist(world):
    browser = await world.as_account(ref=REFERENT["ref"])
    await browser.post("/compte/mot-de-passe", data={"password": GOOD})
    wrong = await browser.post("/compte/mot-de-passe/code", data={"code": "000000"})
    assert wrong.status_code == 422
    assert (await world.browser().post("/connexion/mot-de-passe", data=typed("000000"))).status_code == 422
    async with world.service.database.worker() as work:
        assert (await work.execute("SELECT count(*) FROM password")).scalar() == 0


async def test_five_wrong_tries_lock_the_address_for_ten_minutes_even_for_the_right_ones(world):
    _, totp, _ = await with_password(world)
    for _ in range(5):
        wrong = await world.browser().post("/connexion/mot-de-passe", data=typed("000000"))
        assert wrong.status_code == 422
    world.shift = timedelta(seconds=60)
    right = await world.browser().post("/connexion/mot-de-passe", data=typed(totp.at(world.now)))
    assert right.status_code == 429
    world.shift = timedelta(minutes=12)
    right = await world.browser().post("/connexion/mot-de-passe", data=typed(totp.at(world.now)))
    assert right.status_code == 303


async def test_what_succeeds_is_not_counted(world):
    _, totp, _ = await with_password(world)
    for minutes in range(1, 9):
        world.shift = timedelta(minutes=minutes)
        right = await world.browser().post("/connexion/mot-de-passe", data=typed(totp.at(world.now)))
        assert right.status_code == 303, minutes


async def test_neither_secret_nor_password_nor_recovery_code_is_readable_in_the_database(world):
    _, totp, codes = await with_password(world)
    async with world.service.database.worker() as work:
        rows = await work.execute(
            "SELECT p::text FROM password p UNION ALL SELECT r::text FROM recoverycode r"
            " UNION ALL SELECT c::text FROM signinchallenge c"
        )
        text = "\n".join(row[0] for row in rows)
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in text
    assert not any(one in text for one in (totp.secret, GOOD, codes[0], codes[0].replace("-", "")))


async def test_codes_by_message_can_be_refused_once_there_is_a_password_and_come_back_with_its_end(world):
    browser, _, _ = await with_password(world)
    assert (await browser.post("/compte/message", data={"answer": "refuse"})).status_code == 303
    asked = len(world.around.codes)
    await world.browser().post("/connexion", data={"email": REFERENT["login"]})
    await world.service.parts.stop()
    assert len(world.around.codes) == asked
    assert (await browser.post("/compte/mot-de-passe/retrait")).status_code == 303
    await world.browser().post("/connexion", data={"email": REFERENT["login"]})
    await world.service.parts.stop()
    assert len(world.around.codes) == asked + 1


async def test_too_many_hashes_at_once_are_refused_and_not_kept_waiting():
    hashing = Hashing()
    tasks = [asyncio.create_task(hashing.hash(f"phrase de passe numéro {one}")) for one in range(AT_ONCE + WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(SignInBusy):
        await hashing.hash("une de trop, celle-là")
    for task in tasks[2:]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await hashing.matches(tasks[0].result(), "phrase de passe numéro 0")


OWN = ("Ombeline Valtorix", "ombeline.valtorix@ccas.valbrume.example", "CCAS de Valbrume", "valbrume")


@pytest.mark.parametrize(
    "password",
    ["court", "a" * 40, "azertyuiopqsdfghjklm", "123456789012345678", "ombeline.valtorix.2026",
     "Valbrume-CCAS-Valbrume", "motdepasse motdepasse", "MotDePasse123456789", "abcabcabcabcabcabcabc",
     "Décembre2026Décembre", "x" * 129, "zyxwvutsrqponmlkjihg", "Bonjour Bonjour 1234"],
)  # fmt: skip
def test_a_password_that_is_easily_guessed_is_refused(password):
    assert password_refused(password, OWN) is not None


@pytest.mark.parametrize("password", [GOOD, "kX9$vLq2#mWz8!tR", "le tilleul mange sept parapluies"])
def test_a_good_password_is_taken(password):
    assert password_refused(password, OWN) is None


@given(st.text(max_size=14))
def test_fourteen_characters_are_never_enough(password):
    assert password_refused(password, ()) is not None


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=6), st.integers(3, 30))
def test_a_word_said_again_and_again_is_refused(word, times):
    assert password_refused(word * times, ()) is not None


def test_what_is_sealed_opens_only_with_its_key_and_where_it_belongs(tmp_path):
    keys, others = SignInKeys(tmp_path / "a"), SignInKeys(tmp_path / "b")
    sealed = keys.seal("secret", "totp:1")
    assert SignInKeys(tmp_path / "a").open(sealed, "totp:1") == "secret"
    assert keys.open(sealed, "totp:2") is None
    assert others.open(sealed, "totp:1") is None
    assert keys.open("pas du tout", "totp:1") is None
    assert (tmp_path / "a" / "sign-in.key").stat().st_mode & 0o777 == 0o600
