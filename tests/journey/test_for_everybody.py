"""The main task without JavaScript, with the keyboard alone, and with something to correct."""

from playwright.async_api import expect

from services.partners.demonstration import people
from tests.journey import story
from tests.journey.pages import PATIENCE
from tests.journey.story import AGENT, REFERENT, Someone, in_days


async def test_confiding_and_acknowledging_work_without_javascript(sit, relais) -> None:
    client = await relais.sign_in(story.login(REFERENT))
    person = await story.meet(client, Someone("Aliénor", "Beaurepaire"))
    await story.review(client, person, "rsa")
    await story.agree(client, person, story.SOCIAL, "rsa")
    referent, agent = await sit(REFERENT, java_script_enabled=False), await sit(AGENT, java_script_enabled=False)

    await referent.open(f"/personnes/{person}")
    await referent.press("Confier : RSA")
    await referent.tick(people()[AGENT].name)
    await referent.press("Continuer")
    await referent.press("Confier")
    await referent.reads("Il reste 1 point à corriger")
    await referent.tick("Rendez-vous pris")
    await referent.press("Confier")
    await referent.reads("Orientation confiée.")
    ref = await referent.here()

    await agent.open("/bureau")
    for _ in range(50):
        if await agent.row(f"/bureau/{ref}").count():
            break
        await agent.page.reload()
    await agent.row(f"/bureau/{ref}").get_by_role("link", name="Accuser réception").click()
    await agent.write("Premier contact promis au plus tard", in_days(1))
    await agent.press("Accuser réception")
    await agent.reads("C’est noté.", "Aliénor Beaurepaire", "promis demain")


async def test_a_referral_is_acknowledged_with_the_keyboard_alone(sit, relais) -> None:
    client = await relais.sign_in(story.login(REFERENT))
    sent = await story.send_one(client, Someone("Clothilde", "Vernefort"))
    agent = await sit(AGENT)
    await agent.open("/bureau")
    await agent.sees(f"/bureau/{sent.ref}")
    await agent.page.reload()
    await tab_to(agent, f"a[href='/bureau/{sent.ref}']")
    await agent.page.keyboard.press("Enter")
    await agent.arrives_at(rf"/bureau/{sent.ref}$")
    await tab_to(agent, f"a[href='/bureau/{sent.ref}/acknowledge']")
    await agent.page.keyboard.press("Enter")
    await agent.arrives_at(r"/acknowledge$")
    await tab_to(agent, "#promised_for")
    await tab_to(agent, "main form button[type=submit]")  # the day that is proposed will do
    await agent.page.keyboard.press("Enter")
    await agent.reads("C’est noté.", "Réception confirmée")


async def test_the_first_tab_stop_skips_to_the_content(sit) -> None:
    agent = await sit(AGENT)
    await agent.open("/bureau")
    await agent.page.keyboard.press("Tab")
    await expect(agent.page.locator("a.skip")).to_be_focused()
    await agent.page.keyboard.press("Enter")
    await expect(agent.page.locator("main")).to_be_focused()


async def test_the_error_summary_takes_the_focus_leads_to_the_field_and_nothing_typed_is_lost(sit) -> None:
    referent = await sit(REFERENT)
    await referent.open("/personnes/nouvelle")
    await referent.write("Prénom", "Armeline")
    await referent.write("Téléphone", "12")
    await referent.press("Enregistrer la rencontre")
    summary = referent.page.locator(".ds-error-summary")
    await expect(summary).to_be_focused(timeout=PATIENCE)
    assert await referent.page.locator("#first_name").input_value() == "Armeline"
    assert await referent.page.locator("#phone").input_value() == "12"
    await summary.get_by_role("link").first.focus()
    await referent.page.keyboard.press("Enter")
    focused = await referent.page.evaluate("document.activeElement.name")
    assert focused in ("last_name", "phone")
    assert await referent.page.locator("[aria-invalid=true]").count() >= 1


async def test_a_list_that_moves_says_so_to_a_screen_reader(sit, relais) -> None:
    agent = await sit(AGENT)
    await agent.open("/bureau")
    client = await relais.sign_in(story.login(REFERENT))
    await story.send_one(client, Someone("Eugénie", "Tracepierre"))
    await expect(agent.page.locator("#annonces")).to_contain_text("Page mise à jour", timeout=PATIENCE)


async def tab_to(seat, selector: str) -> None:
    """Press Tab until that element has the focus, as somebody without a mouse does; it must show where it is."""
    for _ in range(60):
        await seat.page.keyboard.press("Tab")
        if await seat.page.evaluate("(one) => document.activeElement.matches(one)", selector):
            outline = await seat.page.evaluate(
                "[document.activeElement, document.activeElement.closest('.row, .choice')].filter(Boolean)"
                ".map(one => getComputedStyle(one).outlineStyle).join()"
            )
            assert "solid" in outline, (selector, outline)
            return
    raise AssertionError(f"no way to {selector} with Tab")
