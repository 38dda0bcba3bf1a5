"""An encounter with its agreement, from the home page, counted: every interaction and every character typed."""

import re

from tests.journey.pages import Seat
from tests.journey.story import REFERENT

CHARACTERS_A_MINUTE = 40 * 5
MOST_INTERACTIONS, MOST_SECONDS = 12, 60


class Counted:
    """A seat whose gestures are counted; a field filled in is one, whatever its length."""

    def __init__(self, seat: Seat) -> None:
        self.seat, self.interactions, self.characters = seat, 0, 0

    async def press(self, label: str) -> None:
        self.interactions += 1
        await self.seat.press(label)

    async def write(self, label: str, text: str) -> None:
        self.interactions, self.characters = self.interactions + 1, self.characters + len(text)
        field = self.seat.page.get_by_label(re.compile(rf"^\s*{label}")).first
        await field.press_sequentially(text)

    async def tick(self, label: str) -> None:
        self.interactions += 1
        await self.seat.page.get_by_role("checkbox", name=label, exact=True).check()

    async def unfold(self, summary: str) -> None:
        self.interactions += 1
        await self.seat.unfold(summary)


async def test_an_encounter_with_an_agreement_takes_twelve_gestures_and_a_minute_of_typing_at_most(sit) -> None:
    seat: Seat = await sit(REFERENT, viewport={"width": 390, "height": 844})
    await seat.open("/aujourdhui")
    counted = Counted(seat)
    await counted.press("Nouvelle rencontre")
    await seat.arrives_at("/rencontre$")
    await counted.write("Prénom", "Thalassine")
    await counted.write("Nom", "Vertombreuil")
    await counted.write("Date de naissance", "17041987")
    await counted.write("Téléphone", "06 39 98 55 01")
    await counted.tick("RSA")
    await counted.tick("Caf de Valbrume, Accueil social")
    await counted.unfold("La notice à lire à voix haute")
    await counted.tick("J’ai lu la notice à voix haute, et elle accepte")
    await counted.press("Enregistrer la rencontre")
    await seat.arrives_at(r"/personnes/[0-9a-f-]{36}$")
    await seat.reads("Thalassine Vertombreuil", "06 39 98 55 01", "RSA", "Caf de Valbrume, Accueil social")
    seconds = counted.characters / CHARACTERS_A_MINUTE * 60
    print(
        f"\n{counted.interactions} interactions, {counted.characters} characters, {seconds:.0f} s at 40 words a minute"
    )
    assert counted.interactions <= MOST_INTERACTIONS and seconds <= MOST_SECONDS
    # What docs/pages.md says.
    assert (counted.interactions, counted.characters) == (10, 44)


async def test_while_one_writes_who_is_on_file_already_is_proposed_on_the_same_page(sit, relais) -> None:
    from tests.journey import story

    known = await story.meet(await relais.sign_in(story.login(REFERENT)), story.Someone("Wilhelmine", "Ouzbrac"))
    seat: Seat = await sit(REFERENT)
    await seat.open("/rencontre")
    await seat.will_not_reload()
    await seat.page.locator("#last_name").press_sequentially("ouzbrac")
    await seat.page.get_by_role("radio", name="Wilhelmine Ouzbrac").check()
    await seat.is_still_the_page_it_was()
    await seat.press("Enregistrer la rencontre")
    await seat.arrives_at(f"/personnes/{known}$")


async def test_an_outcome_is_confirmed_from_the_list_itself(sit, relais, until) -> None:
    from tests.journey import story
    from tests.journey.story import AGENT, Someone, act, in_days

    client, agent = await relais.sign_in(story.login(REFERENT)), await relais.sign_in(story.login(AGENT))
    sent = await story.send_one(client, Someone("Ysaline", "Quentombre"))
    await story.until_there(agent, sent.ref)
    await act(agent, sent.ref, "acknowledge", promised_for=in_days(2))
    await act(agent, sent.ref, "log_attempt", channel="phone", result="reached")
    await act(agent, sent.ref, "close", outcome="right_opened", date_of_effect=in_days(-1))

    async def closed() -> bool:
        return "Quentombre" in (await client.get("/aujourdhui")).text and (
            f"/orientations/{sent.ref}/confirm_outcome" in (await client.get("/aujourdhui")).text
        )

    await until(closed, within=30)
    seat: Seat = await sit(REFERENT)
    await seat.open("/aujourdhui")
    filled = await seat.page.locator("main .ds-button:not([data-variant])").count()
    assert filled == 1, "one filled button a page"
    row = seat.page.locator("li.task").filter(has_text="Quentombre").first
    if not await row.is_visible():
        await seat.page.locator("details").filter(has=row).locator("summary").click()
    await row.get_by_role("button", name="C’est bien cela").click()
    await seat.arrives_at(f"/orientations/{sent.ref}$")
    await seat.reads("C’est noté.")
