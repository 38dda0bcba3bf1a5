"""A withdrawal takes effect at its commit: fired at every interleaving with a hand-over on real servers, no request
begun after it returns anything of the person, by whichever way out.
"""

import asyncio
import re
import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.asks import ResolveRecipient
from contracts.consent import Category
from contracts.refusals import Refusal
from contracts.viewer import Viewer
from contracts.vocabulary import ConsentMethod, ErasureState, HandoverMode, Language, OrganisationKind, Purpose, Scheme
from services.intake.commands import AskedDesk, RecordConsent, WithdrawConsent
from services.intake.consent_handlers import record_consent, withdraw_consent
from services.intake.handover import HandOver, accept_texts, hand_over, record_handover
from services.intake.sending import send
from services.partners.demonstration import people, ref_of
from services.partners.disclosures import read_disclosures
from tests.conftest import Running, rounds
from tests.journey import story
from tests.journey.story import AGENT, REFERENT, SOCIAL, Someone, login
from tests.test_entitlement import viewer_of

NAME, PHONE, WISH = "Vervenoise", "06 39 98 77 31", "Plutôt sous le grand tilleul"
CANARIES = (NAME, PHONE, "39987731", WISH)
WHERE = (
    "at_the_hand_over", "at_the_sending", "while_it_is_carried", "before_the_delivery", "at_the_reading",
    "while_the_desk_acts",
)  # fmt: skip
ROUNDS = rounds(3, shared_by=len(WHERE))


@dataclass
class Stage:
    """One person, who asks and who reads, and the services between them."""

    relais: Running
    referent: Viewer
    agent: Viewer
    browser: httpx.AsyncClient
    person: UUID
    readings: list[tuple[float, bool]] = field(default_factory=list)

    async def agree(self) -> UUID:
        """A fresh agreement for the desk; its reference."""
        intake = self.relais.service("intake").database
        async with intake.web(self.referent) as work:
            return await record_consent(
                RecordConsent(
                    person=self.person,
                    to=AskedDesk(
                        organisation=ref_of("organisation", "caf"), organisation_name="Caf de Valbrume",
                        organisation_kind=OrganisationKind.CAF, desk=SOCIAL, desk_name="Accueil social",
                    ),
                    purpose=Purpose.OPEN_RIGHT, categories=frozenset(Category), rights=frozenset({"rsa"}),
                    expires_at=work.now + timedelta(days=90),
                    method=ConsentMethod.ORAL_IN_PERSON, language=Language.FR, read_back=True,
                ),
                work,
            )  # fmt: skip

    def command(self) -> HandOver:
        return HandOver(
            command_id=uuid4(), person=self.person, right="rsa", desk=SOCIAL, contact=people()[AGENT].ref,
            mode=HandoverMode.RDV_PRIS, message=WISH,
        )  # fmt: skip

    async def withdraw(self, grant: UUID) -> float:
        """Take it back; the instant after which nothing may be read."""
        async with self.relais.service("intake").database.web(self.referent) as work:
            await withdraw_consent(WithdrawConsent(grant=grant), work)
        return time.monotonic()

    async def keep_reading(self, ref: UUID, stop: asyncio.Event) -> None:
        """Read by the page, the JSON interface and the one way to a person, over and over."""
        turn = 0
        while not stop.is_set():
            began, turn = time.monotonic(), turn + 1
            if turn % 3 == 0:
                said = (await self.browser.get(f"/api/desk/items/{ref}")).text
            elif turn % 3 == 1:
                said = (await self.browser.get(f"/bureau/{ref}")).text
            else:
                found = await read_disclosures(self.agent, self.relais.service("partners"), [ref], with_notes=True)
                said = str([row.model_dump_json() for row in found.rows.values()])
            self.readings.append((began, any(one in said for one in CANARIES)))

    # --- where the withdrawal falls -------------------------------------------------------------------------------

    async def at_the_hand_over(self, command: HandOver, grant: UUID, delay: float) -> float:
        """Both at once: one transaction comes wholly before the other."""

        async def sending() -> None:
            try:
                await self.send(command)
            except Refusal:
                return

        async def withdrawing() -> float:
            await asyncio.sleep(delay)
            return await self.withdraw(grant)

        _, instant = await asyncio.gather(sending(), withdrawing())
        return instant

    async def at_the_sending(self, command: HandOver, grant: UUID, _delay: float) -> float:
        """After the hand-over's commit, before the referral is asked for."""
        intake = self.relais.service("intake")
        recipient = await intake.bus.ask(
            ResolveRecipient(viewer=self.referent, desk=SOCIAL, contact=command.contact, right="rsa")
        )
        async with intake.database.web(self.referent) as work:
            row = await record_handover(
                command, accept_texts(command), recipient, Scheme.GENERAL, work, self.referent, self.keys
            )
        instant = await self.withdraw(grant)
        try:
            await send(row, intake)
        except Refusal:
            return instant
        return instant

    async def while_it_is_carried(self, command: HandOver, grant: UUID, delay: float) -> float:
        """Anywhere between the sending and the first reading: the relay, the stream, the desk's consumer."""
        await self.send(command)
        await asyncio.sleep(delay)
        return await self.withdraw(grant)

    async def before_the_delivery(self, command: HandOver, grant: UUID, _delay: float) -> float:
        """The referral is on the record, and on its way to the desk."""
        await self.send(command)
        return await self.withdraw(grant)

    async def at_the_reading(self, command: HandOver, grant: UUID, delay: float) -> float:
        """While the desk reads it, again and again."""
        await self._sent_and_read(command)
        await asyncio.sleep(delay)
        return await self.withdraw(grant)

    async def while_the_desk_acts(self, command: HandOver, grant: UUID, delay: float) -> float:
        """With the desk's own answer, which comes before or is refused."""
        await self._sent_and_read(command)
        form = {"command_id": str(uuid4()), "promised_for": story.in_days(3)}
        address = f"/bureau/{command.ref(self.referent)}/acknowledge"
        acting = asyncio.create_task(self.browser.post(address, data=form))
        await asyncio.sleep(delay)
        instant = await self.withdraw(grant)
        assert (await acting).status_code < 500
        return instant

    async def _sent_and_read(self, command: HandOver) -> None:
        await self.send(command)
        until = time.monotonic() + 20
        while not any(leaked for _, leaked in self.readings):
            assert time.monotonic() < until, "the desk reads what was shared with it"
            await asyncio.sleep(0.005)

    @property
    def keys(self):
        return self.relais.service("intake").app.state.person_keys

    async def send(self, command: HandOver) -> None:
        await hand_over(command, self.referent, self.relais.service("intake"), self.keys, Scheme.GENERAL)


@pytest.fixture
async def stage(relais: Running) -> Stage:
    browser = await relais.sign_in(login(REFERENT))
    who = Someone(first_name="Aurélise", last_name=NAME, phone=PHONE)
    person = await story.meet(browser, who)
    await story.review(browser, person, "rsa")
    return Stage(
        relais, await viewer_of(relais, login(REFERENT)), await viewer_of(relais, login(AGENT)),
        await relais.sign_in(login(AGENT)), person,
    )  # fmt: skip


async def settled(stage: Stage, ref: UUID) -> bool:
    """Whether nothing of that referral is open any more, or it never was."""
    async with stage.relais.service("referral").database.worker() as work:
        states = list((await work.execute("SELECT state FROM referral WHERE ref = :ref", ref=ref)).scalars())
    return states in ([], ["withdrawn"])


@pytest.mark.long
@pytest.mark.parametrize("where", WHERE)
async def test_no_request_begun_after_a_withdrawal_returns_anything_of_the_person(stage: Stage, where, until) -> None:
    for number in range(1, ROUNDS + 1):
        stage.readings.clear()
        grant, command, stop = await stage.agree(), stage.command(), asyncio.Event()
        ref = command.ref(stage.referent)
        readers = [asyncio.create_task(stage.keep_reading(ref, stop)) for _ in range(2)]
        try:
            instant = await getattr(stage, where)(command, grant, number % 20 * 0.002)
            await until(lambda instant=instant: enough(stage, instant), within=20)
        finally:
            stop.set()
            await asyncio.gather(*readers)
        after = [leaked for began, leaked in stage.readings if began > instant]
        assert after and not any(after), f"{where}, round {number}"
        await until(lambda ref=ref: settled(stage, ref))
        assert not any((await last_word(stage, ref)).values()), "nor once every fact has arrived"


async def enough(stage: Stage, instant: float) -> bool:
    """Whether each way of reading was begun after that instant."""
    return sum(began > instant for began, _ in stage.readings) >= 3


async def last_word(stage: Stage, ref: UUID) -> dict[str, bool]:
    """By every way out of the desk: does it say anything of her?"""
    pages = {
        "page": f"/bureau/{ref}",
        "item": f"/api/desk/items/{ref}",
        "list": "/bureau?vue=closes",
        "items": "/api/desk/items?view=closes",
        "to answer": "/api/desk/items",
    }
    said = {name: (await stage.browser.get(path)).text for name, path in pages.items()}
    return {name: any(one in text for one in CANARIES) for name, text in said.items()}


async def test_every_way_out_is_silent_after_a_withdrawal_and_a_replay(stage: Stage, relais, until) -> None:
    grant, command = await stage.agree(), stage.command()
    ref = command.ref(stage.referent)
    await stage.send(command)

    async def delivered():
        return NAME in (await stage.browser.get(f"/api/desk/items/{ref}")).text

    await until(delivered)
    asked = await story.act(stage.browser, ref, "acknowledge", promised_for=story.in_days(3))
    assert asked.status_code == 303
    await story.act(stage.browser, ref, "request_information", question="Quels jours ?", resume_on=story.in_days(5))
    await stage.withdraw(grant)
    await until(lambda: settled(stage, ref))

    # Replayed: every fact of the referral once more, under new ids.
    async with relais.service("referral").database.worker() as work:
        envelopes = list((await work.execute("SELECT envelope FROM fact WHERE ref = :ref", ref=ref)).scalars())
    for one in envelopes:
        await relais.service("referral").bus.publish({**one, "id": str(uuid4())})
    assert not any((await last_word(stage, ref)).values())

    # Exported: neither the actions' pages, the live hints, the mails, nor what the services keep and publish.
    for path in ("acknowledge", "close", "effacement"):
        page = await stage.browser.get(f"/bureau/{ref}/{path}")
        assert not any(one in page.text for one in CANARIES), path
    async with stage.browser.stream("GET", "/bureau/flux") as stream:
        first = await anext(stream.aiter_text())
        assert not any(one in first for one in CANARIES)

    async def told() -> list[str]:
        return [one async for one in story.mails(relais.nobody())]

    assert not any(one in mail for mail in await until(told, within=30) for one in CANARIES)
    for name in ("intake", "referral", "partners", "notify"):
        async with relais.service(name).database.worker() as work:
            facts = (await work.execute(f"SELECT string_agg(envelope::text, ' ') FROM {name}.fact")).scalar_one()
        assert not any(one in (facts or "") for one in CANARIES), name

    # And the desk is asked to erase, answers, and the referent and the DPO see it.
    shown = (await stage.browser.get("/bureau")).text
    assert f"/bureau/{ref}/effacement" in shown
    page = (await stage.browser.get(f"/bureau/{ref}/effacement")).text
    assert "Téléphone" in page and "Nom et prénom" in page
    request = re.search(r'name="request" value="([0-9a-f-]{36})"', page)[1]
    answer = await stage.browser.post(
        f"/bureau/{ref}/effacement", data={"request": request, "answer": "application_filed"}
    )
    assert answer.status_code == 303
    referent = await relais.sign_in(login(REFERENT))
    assert "une demande est déjà déposée" in (await referent.get(f"/personnes/{stage.person}")).text
    dpo = await relais.sign_in(login(28))
    listed = (await dpo.get("/effacements")).text
    assert ErasureState.KEPT.label in listed and NAME not in listed
