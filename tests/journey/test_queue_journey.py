"""The desk's list as a day's work: by keyboard, from a mail, several at once, and beside a colleague."""

import re
from uuid import UUID

from playwright.async_api import Page, expect

from services.partners.demonstration import people
from tests.journey import story
from tests.journey.pages import PATIENCE
from tests.journey.story import AGENT, MANAGER, REFERENT, Someone
from tests.journey.test_other_ends import awaited_code, awaited_mail

COLLEAGUE, ELSEWHERE = AGENT + 1, 10


async def confided(relais, until, *names: str) -> list[UUID]:
    """Referrals to the social desk of the Caf, there."""
    client, agent = await relais.sign_in(story.login(REFERENT)), await relais.sign_in(story.login(AGENT))
    refs = [(await story.send_one(client, Someone(name, "Tarvenelle"))).ref for name in names]
    for ref in refs:
        await story.until_there(agent, ref)
    return refs


async def focused(page: Page) -> str:
    """The address of the link that has the focus."""
    return str(await page.evaluate("document.activeElement.getAttribute('href') || document.activeElement.id"))


async def test_a_referral_is_acknowledged_in_two_clicks_or_three_keys_from_the_home_page(sit, relais, until) -> None:
    clicked, typed = await confided(relais, until, "Aubeline", "Brisemine")
    agent = await sit(AGENT)
    await agent.open("/")
    row = await agent.sees(f"/bureau/{clicked}")
    await row.get_by_role("link", name="Accuser réception").click()  # one
    promised = await agent.page.locator("#promised_for").input_value()
    assert promised >= story.in_days(5)
    await agent.press("Accuser réception")  # two
    await agent.reads("C’est noté", "Premier contact promis")

    await agent.open("/")
    await agent.sees(f"/bureau/{typed}")
    await agent.page.keyboard.press("j")
    assert await focused(agent.page) == f"/bureau/{typed}"
    await agent.page.keyboard.press("a")
    await agent.arrives_at(rf"/bureau/{typed}/acknowledge#promised_for$")
    await expect(agent.page.locator("#promised_for")).to_be_focused(timeout=PATIENCE)
    await agent.page.keyboard.press("Enter")
    await agent.reads("C’est noté", "Premier contact promis")


async def test_keys_move_a_visible_focus_explain_themselves_and_never_speak_into_a_field(sit, relais, until) -> None:
    refs = await confided(relais, until, "Cyrielde", "Dorimène", "Ermelise")
    agent = await sit(AGENT)
    await agent.open("/bureau")
    page, keys = agent.page, agent.page.keyboard
    order = await page.locator("#rangs [data-key]").evaluate_all("rows => rows.map(row => row.dataset.key)")
    for key, at in (("j", 0), ("j", 1), ("k", 0), ("k", 0), ("j", 1)):
        await keys.press(key)
        assert await focused(page) == order[at], key
    row = page.locator(f'[data-key="{order[1]}"]')
    assert await row.evaluate("row => getComputedStyle(row).outlineStyle") == "solid"
    await keys.press("?")
    dialog = page.get_by_role("dialog", name="Raccourcis clavier")
    await expect(dialog).to_be_visible()
    await keys.press("j")  # not behind the dialog
    await keys.press("Escape")
    await expect(dialog).to_be_hidden()
    assert await focused(page) == order[1]
    await keys.press("Enter")
    await agent.arrives_at(rf"{order[1]}$")
    await keys.press("u")
    await agent.arrives_at(r"/bureau$")

    await agent.open("/reseau")
    await agent.open("/bureau?a=moi")
    await agent.unfold("Garder cette vue")
    await page.get_by_label("Son nom").press_sequentially("jka?x")
    assert await page.get_by_label("Son nom").input_value() == "jka?x"
    assert page.url.endswith("/bureau?a=moi")

    await agent.open("/aide/clavier")
    await page.get_by_role("checkbox", name="Touches actives sur cet appareil").uncheck()
    await agent.open("/bureau")
    await keys.press("j")
    assert await focused(page) not in order
    assert len(refs) == 3


async def test_a_mail_leads_to_the_referral_in_two_clicks_and_shows_a_stranger_nothing(sit, relais, until) -> None:
    (ref,) = await confided(relais, until, "Floramise")
    mail = await awaited_mail(relais.nobody(), f"/bureau/{ref}", until)
    link = re.search(rf"https?://[^\s\"<]*?(/bureau/{ref})", mail)[1]  # type: ignore[index]
    assert "Floramise" not in mail
    assert "Tarvenelle" not in mail
    reader = await sit()
    await reader.open(link)
    await reader.write("Adresse électronique professionnelle", people()[AGENT].email)
    await reader.press("Recevoir un code")  # one
    code = await awaited_code(relais.nobody(), people()[AGENT].email, until)
    await reader.write("Code à 6 chiffres", code)
    await reader.press("Entrer")  # two
    await reader.arrives_at(rf"/bureau/{ref}$")
    await reader.reads("Floramise")
    assert people()[AGENT].email not in str(await reader.page.context.cookies())

    stranger = await sit(ELSEWHERE)
    answer = await stranger.page.goto(stranger.base + link)
    assert answer is not None
    assert answer.status == 404
    await stranger.does_not_read("Floramise", "Tarvenelle", "RSA", "Caf", people()[REFERENT].name)
    colleague = await sit(COLLEAGUE)
    await colleague.open(link)
    await colleague.reads("Floramise")


async def test_a_colleague_is_seen_to_look_and_to_act_and_goes_unseen_elsewhere(sit, relais, until) -> None:
    (ref,) = await confided(relais, until, "Guenaëlise")
    agent = await sit(AGENT)
    await agent.open(f"/bureau/{ref}")
    await agent.does_not_read("regarde aussi")
    await agent.will_not_reload()
    colleague = await sit(COLLEAGUE)
    await colleague.open(f"/bureau/{ref}/acknowledge")
    await colleague.reads("regarde aussi cette orientation")
    await agent.reads("regarde aussi cette orientation")
    await colleague.press("Accuser réception")
    await agent.reads("Cette orientation vient de changer")
    await agent.is_still_the_page_it_was()
    await agent.page.get_by_role("link", name="Voir ce qui s’est passé").click()
    await agent.reads("Réception confirmée", people()[COLLEAGUE].name)


async def test_of_two_who_act_at_once_the_second_learns_who_was_first(sit, relais, until) -> None:
    (ref,) = await confided(relais, until, "Herminelle")
    agent, colleague = await sit(AGENT), await sit(COLLEAGUE)
    for seat in (agent, colleague):
        await seat.open(f"/bureau/{ref}/acknowledge")
    await agent.press("Accuser réception")
    await agent.reads("C’est noté")
    await colleague.write("Premier contact promis au plus tard", story.in_days(6))
    await colleague.press("Accuser réception")
    await colleague.reads(f"{people()[AGENT].name} a agi avant vous", "réception confirmée", "Ce que vous aviez noté")
    await colleague.reads(story.in_days(6))


async def test_several_are_given_to_a_colleague_without_javascript(sit, relais, until) -> None:
    refs = await confided(relais, until, "Isoline", "Jocaste")
    manager = await sit(MANAGER, java_script_enabled=False)
    await manager.open("/bureau")
    for ref in refs:
        await manager.row(f"/bureau/{ref}").get_by_role("checkbox").check()
    await manager.press("Confier les orientations cochées")
    await manager.tick(people()[COLLEAGUE].name)
    await manager.press("Confier")
    await manager.reads(f"2 orientations sont confiées à {people()[COLLEAGUE].name}.")
    colleague = await sit(COLLEAGUE, java_script_enabled=False)
    await until(lambda: in_hands(relais, refs), within=30)
    await colleague.open("/bureau?a=moi")
    for ref in refs:
        await expect(colleague.row(f"/bureau/{ref}")).to_be_visible()
    await manager.open(f"/bureau/{refs[0]}")
    assert await manager.page.locator("#touches").is_hidden()


async def in_hands(relais, refs: list[UUID]) -> bool:
    """Whether the colleague has them in her list."""
    client = await relais.sign_in(story.login(COLLEAGUE))
    found = (await client.get("/api/desk/items?mine=true")).json()["items"]
    return {str(ref) for ref in refs} <= {one["ref"] for one in found}


async def test_a_list_in_which_something_is_picked_waits_with_what_is_new(sit, relais, until) -> None:
    (picked,) = await confided(relais, until, "Lisandrine")
    manager = await sit(MANAGER)
    await manager.open("/bureau")
    await manager.row(f"/bureau/{picked}").get_by_role("checkbox").check()
    await manager.page.locator("h1").click()  # the focus is elsewhere, and so is the cursor
    await manager.page.mouse.move(2, 2)
    (arriving,) = await confided(relais, until, "Morgelise")
    await manager.page.get_by_role("button", name=re.compile("mettre à jour")).wait_for(timeout=PATIENCE)
    assert await manager.row(f"/bureau/{picked}").get_by_role("checkbox").is_checked()
    await expect(manager.row(f"/bureau/{arriving}")).to_have_count(0)


async def test_an_attempt_takes_one_tap_and_unreachable_says_what_is_missing(sit, relais, until) -> None:
    (ref,) = await confided(relais, until, "Nérilda")
    client = await relais.sign_in(story.login(AGENT))
    await story.act(client, ref, "acknowledge", promised_for=story.in_days(3))
    agent = await sit(AGENT)
    await agent.open(f"/bureau/{ref}")
    await agent.press("Pas de réponse")  # the one tap
    missing = "2 tentatives, un autre moyen et un autre jour"
    await agent.reads("C’est noté", "1 essai noté, par 1 moyen, sur 1 jour.", missing)
    await agent.press("Clore")
    await agent.page.get_by_role("radio", name=re.compile("Injoignable")).check()
    await agent.press("Clore")
    await agent.reads("Il reste 1 point à corriger", missing)
