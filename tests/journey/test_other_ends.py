"""What else can become of a referral: recalled, sent elsewhere, declined and reopened, stopped because the person
changed her mind; and what the coordinator sees of it all.
"""

import re

import httpx
from playwright.async_api import expect

from services.partners.demonstration import people, ref_of
from tests.journey import story
from tests.journey.pages import PATIENCE, Seat
from tests.journey.story import AGENT, REFERENT, Someone

COORDINATOR, AIDS_AGENT, LOCAL_LIFE_AGENT = 27, 22, 24
AIDS, LOCAL_LIFE = ref_of("desk", "ccas", "aides"), ref_of("desk", "ccas", "sortir")


async def test_a_recalled_referral_leaves_the_desk_a_memory_and_nothing_of_the_person(sit, relais) -> None:
    client = await relais.sign_in(story.login(REFERENT))
    sent = await story.send_one(client, Someone("Rosemonde", "Latrévière"))
    referent, agent = await sit(REFERENT), await sit(AGENT)
    await agent.open("/bureau")
    await agent.sees(f"/bureau/{sent.ref}")

    await referent.open(f"/orientations/{sent.ref}")
    await referent.press_in_menu("Rappeler")
    await referent.tick("Réglé autrement")
    await referent.press("Rappeler")
    await referent.reads("C’est noté.", "Plus rien n’est lisible")

    await expect(agent.row(f"/bureau/{sent.ref}")).to_have_count(0, timeout=PATIENCE)
    await agent.open(f"/bureau/{sent.ref}")
    await agent.reads("Rappelée", "ne sont plus consultables")
    await agent.does_not_read("Rosemonde", "Latrévière", "06 39 98 41 27")


async def test_a_redirect_is_proposed_by_the_desk_and_confirmed_with_the_person(sit, relais, until) -> None:
    client = await relais.sign_in(story.login(REFERENT))
    sent = await story.send_one(client, Someone("Philiberte", "Grandsault"), "scolarisation", AIDS)
    referent, agent, other = await sit(REFERENT), await sit(AIDS_AGENT), await sit(LOCAL_LIFE_AGENT)
    await agent.open("/bureau")
    await agent.sees(f"/bureau/{sent.ref}")
    await agent.open(f"/bureau/{sent.ref}")
    await agent.press_in_menu("Proposer un autre guichet")
    await agent.tick("CCAS de Valbrume, Vie locale")
    await agent.press("Proposer ce guichet")
    await agent.reads("Vous avez proposé le guichet")

    await referent.open("/aujourdhui")
    row = referent.page.locator("li.row").filter(has_text="Philiberte Grandsault").first
    await row.get_by_role("link", name="Décider").click()
    await referent.reads("Le guichet propose CCAS de Valbrume, Vie locale")
    # Her agreement was for the first desk: it is asked anew for the other.
    await referent.press("Confier à l’autre guichet")
    await referent.reads("Accord de la personne manquant")
    await story.agree(client, sent.person, LOCAL_LIFE, "scolarisation")
    await referent.open(f"/orientations/{sent.ref}")
    await referent.press("Confier à l’autre guichet")
    await referent.tick(people()[LOCAL_LIFE_AGENT].name)
    await referent.press("Continuer")
    await referent.tick("Dossier transmis")
    await referent.press("Confier")
    await referent.arrives_at(r"/orientations/[0-9a-f-]{36}$")
    child = await referent.here()
    assert child != sent.ref

    await other.open("/bureau")
    await other.sees(f"/bureau/{child}")
    await agent.open(f"/bureau/{sent.ref}")
    await agent.reads("Réorientée")
    await until(lambda: unread(agent, "Grandsault"))


async def test_a_declined_referral_can_be_reopened_and_comes_back_to_the_desk(sit, relais, until) -> None:
    client = await relais.sign_in(story.login(REFERENT))
    sent = await story.send_one(client, Someone("Ernestine", "Courvoyer"))
    referent, agent = await sit(REFERENT), await sit(AGENT)
    await agent.open("/bureau")
    await agent.sees(f"/bureau/{sent.ref}")
    await agent.open(f"/bureau/{sent.ref}")
    await agent.press_in_menu("Ce n’est pas pour nous")
    await agent.tick("Il manque une information indispensable")
    await agent.press("Décliner")
    await agent.reads("Déclinée")
    await until(lambda: unread(agent, "Ernestine"))

    await referent.open(f"/orientations/{sent.ref}")
    await referent.reads("Déclinée")
    await referent.press_in_menu("Rouvrir")
    await referent.tick("Un élément nouveau")
    await referent.press("Rouvrir")
    await agent.open("/bureau")
    row = await agent.sees(f"/bureau/{sent.ref}")
    await row.get_by_role("link").first.click()
    await agent.reads("Ernestine Courvoyer", "Rouverte")


async def test_a_withdrawal_takes_the_data_from_the_page_that_is_open_at_the_desk(sit, relais) -> None:
    client = await relais.sign_in(story.login(REFERENT))
    sent = await story.send_one(client, Someone("Séverine-Aude", "Montclairval"))
    referent, agent = await sit(REFERENT), await sit(AGENT)
    await agent.open("/bureau")
    await agent.sees(f"/bureau/{sent.ref}")
    await agent.open(f"/bureau/{sent.ref}")
    await agent.reads("Séverine-Aude Montclairval")

    await referent.open(f"/personnes/{sent.person}")
    await referent.press("Elle retire cet accord")
    await referent.reads("1 orientation repose sur cet accord")
    await referent.press("Retirer cet accord")
    await referent.arrives_at(rf"/personnes/{sent.person}$")

    await agent.page.reload()
    await agent.reads("ne sont plus consultables")
    await agent.does_not_read("Séverine", "Montclairval", "06 39 98 41 27", "Elle préfère un rendez-vous")
    answer = await (await relais.sign_in(story.login(AGENT))).get(f"/api/desk/items/{sent.ref}")
    assert "Séverine" not in answer.text and "Montclairval" not in answer.text


async def test_the_board_moves_with_what_happens_and_knows_no_name(sit, relais) -> None:
    coordinator = await sit(COORDINATOR)
    machine = await relais.sign_in(story.login(COORDINATOR))
    before = await open_referrals(coordinator)
    client = await relais.sign_in(story.login(REFERENT))
    await coordinator.will_not_reload()
    sent = await story.send_one(client, Someone("Bérengère", "Saintalban"))
    lead = coordinator.page.locator("p.lead")
    await expect(lead).not_to_have_text(before, timeout=PATIENCE)
    await coordinator.is_still_the_page_it_was()

    await coordinator.open(f"/tableau/orientations/{sent.ref}")
    await coordinator.reads("RSA", "Caf de Valbrume, Accueil social", "CCAS de Valbrume")
    for address in ("/tableau", f"/tableau/orientations/{sent.ref}", "/api/board"):
        body = (await machine.get(address)).text
        for secret in ("Bérengère", "Saintalban", "06 39 98 41 27", "639984127", "1991", str(sent.person)):
            assert secret not in body, (address, secret)


async def unread(seat: Seat, text: str) -> bool:
    """The page, read again, does not say it any more."""
    await seat.page.reload()
    return text not in await seat.page.locator("body").inner_text()


async def open_referrals(seat: Seat) -> str:
    """The sentence that the board starts with."""
    await seat.open("/tableau")
    return await seat.page.locator("p.lead").inner_text()


async def test_the_mail_says_nothing_and_its_link_asks_who_one_is(sit, relais, until) -> None:
    client = await relais.sign_in(story.login(REFERENT))
    sent = await story.send_one(client, Someone("Hermeline", "Rougefosse"))
    mail = await awaited_mail(relais.nobody(), f"/bureau/{sent.ref}", until)
    for secret in ("Hermeline", "Rougefosse", "RSA", "rsa", "06 39", str(sent.person), "Mme"):
        assert secret not in mail, secret

    visitor = await sit()
    await visitor.open(f"/bureau/{sent.ref}")
    assert await visitor.heading() == "Se connecter"
    await visitor.write("Adresse électronique professionnelle", people()[AGENT].email)
    await visitor.press("Recevoir un code")
    await visitor.reads("un code à 6 chiffres vient d’y être envoyé")
    code = await awaited_code(relais.nobody(), people()[AGENT].email, until)

    stranger = await sit()
    await stranger.open("/connexion/code")
    await stranger.write("Code à 6 chiffres", code)
    await stranger.press("Entrer")
    await stranger.reads("Ce code ne peut plus servir")

    await visitor.write("Code à 6 chiffres", code)
    await visitor.press("Entrer")
    await visitor.arrives_at(rf"/bureau/{sent.ref}$")
    await visitor.reads("Hermeline Rougefosse")


async def awaited_mail(nobody: httpx.AsyncClient, mentions: str, until) -> str:
    """The text of the mail in the box that mentions this address, once it is there."""

    async def found() -> str | None:
        async for text in story.mails(nobody):
            main = re.search(r"<main.*</main>", text, re.S)
            if main and mentions in main[0]:
                return main[0]
        return None

    return str(await until(found, within=30))


async def awaited_code(nobody: httpx.AsyncClient, to: str, until) -> str:
    """The code in the last mail to that address."""
    mail = await awaited_mail_to(nobody, to, until)
    return re.search(r"\b(\d{6})\b", mail)[1]  # type: ignore[index]


async def awaited_mail_to(nobody: httpx.AsyncClient, to: str, until) -> str:
    """The sign-in mail to that address."""

    async def found() -> str | None:
        async for text in story.mails(nobody):
            if to in text and "Votre code de connexion" in text:
                return re.sub(r"<[^>]+>", " ", text)
        return None

    return str(await until(found, within=30))
