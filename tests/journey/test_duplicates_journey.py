"""One person on file twice, without a mouse as far as finding her goes: found, compared, merged, separated."""

from uuid import uuid4

from playwright.async_api import expect

from tests.journey import story
from tests.journey.pages import PATIENCE
from tests.journey.story import REFERENT, Someone


async def test_two_files_of_one_person_are_found_merged_and_separated(sit, relais) -> None:
    client = await relais.sign_in(story.login(REFERENT))
    last = f"Doublette{uuid4().hex[:5]}"
    kept = await story.meet(client, Someone("Aliénor", last, "1981-05-06", phone="06 39 98 10 20"))
    form = Someone("Alienor", last, "1981-05-06", phone="06 39 98 30 40").form()
    merged = story.last_word(await story.post(client, "/personnes/nouvelle", {**form, "decision": "autre"}))
    seat = await sit(REFERENT)
    page = seat.page
    await seat.open("/aujourdhui")
    await page.keyboard.press("/")
    await seat.arrives_at("/personnes")
    await expect(page.locator("#q")).to_be_focused(timeout=PATIENCE)
    await page.keyboard.type(f"alienore {last}")
    await page.keyboard.press("Enter")
    await seat.reads("2 personnes correspondent")
    await page.keyboard.press("/")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#trouvees .who").first).to_be_focused(timeout=PATIENCE)
    await seat.open(f"/personnes/{kept}/doublons")
    await page.get_by_role("link", name="Comparer").first.click()
    await seat.arrives_at(f"/personnes/{kept}/doublon/{merged}")
    await seat.reads("06 39 98 10 20", "06 39 98 30 40", "Ce qui concorde")
    await page.get_by_role("radio", name="06 39 98 10 20").check()
    await seat.press("Relire avant de réunir")
    await seat.press("Réunir les deux dossiers")
    await seat.arrives_at(f"/personnes/{kept}")
    await seat.reads("n’en font plus qu’un", "Dossiers réunis", "06 39 98 10 20")
    await seat.open(f"/personnes/{merged}")
    await seat.arrives_at(f"/personnes/{kept}")
    await page.get_by_role("link", name="Défaire cette réunion").click()
    await seat.press("Séparer les deux dossiers")
    await seat.reads("Les deux dossiers sont séparés")
    await seat.open(f"/personnes/{merged}")
    await seat.arrives_at(f"/personnes/{merged}")
