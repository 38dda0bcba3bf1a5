"""The rights appointment on its pages: on and back without loss, and ends with her summary."""

import asyncio
import re
from html import unescape
from uuid import uuid4

import httpx

from services.intake.appointment_guide_tables import RightsAppointment
from services.intake.tables import PresumedRight, Situation
from tests.intake.people_world import People, referent, text_of
from tests.intake.test_appointment_keeping import GOAL_TEXT


def fields(page: httpx.Response) -> list[tuple[str, str]]:
    """What a browser would send of the guide's form: hidden fields, what is ticked, selected and typed."""
    body = page.text.split('<form class="form guide"')[1].split("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body)
    for tag in re.findall(r'<input class="ds-input" type="(?:checkbox|radio)"[^>]*checked[^>]*>', body):
        found.append((re.search(r'name="([^"]+)"', tag)[1], re.search(r'value="([^"]*)"', tag)[1]))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.S):
        found += [(name, value) for value in re.findall(r'value="([^"]*)" selected', options)]
    found += re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', body, re.S)
    found += re.findall(r'name="(next_at)" type="datetime-local" value="([^"]*)"', body)
    return [(unescape(name), unescape(value)) for name, value in found]


async def step(client: httpx.AsyncClient, path: str, page: httpx.Response, action: str, **more: str) -> httpx.Response:
    pairs = [(name, value) for name, value in fields(page) if name not in more] + list(more.items())
    data: dict[str, list[str]] = {}
    for name, value in [*pairs, ("action", action)]:
        data.setdefault(name, []).append(value)
    return await client.post(path, data=data)


async def test_the_whole_conversation_goes_on_and_back_without_loss_and_ends_with_her_summary(people: People):
    viewer = referent()
    person = await people.meet(viewer, civility="mme", birth_date="1957-03-02")
    client, path = await people.client(viewer), f"/personnes/{person}/rendez-vous"
    page = await client.get(path)
    assert "dans ses mots" in page.text
    page = await step(client, path, page, "next", goal="Me soigner, j’ai une maladie")
    assert page.status_code == 422 and "Garder ce texte" in page.text, "her goal is watched at its own page"
    page = await step(client, path, page, "next", goal=GOAL_TEXT)
    assert re.search(r'name="q_age" value="65_over"[^>]*checked', page.text), "her birth date answers for her age"
    page = await step(client, path, page, "next")
    page = await step(client, path, page, "next", q_mail="no", q_housing="hosted")
    page = await step(client, path, page, "back")
    assert re.search(r'name="q_housing" value="hosted"[^>]*checked', page.text)
    assert re.search(r'name="q_mail" value="no"[^>]*checked', page.text)
    page = await step(client, path, page, "next")
    page = await step(client, path, page, "next", q_resources_band="600_1200")
    page = await step(client, path, page, "next")
    seen = text_of(page.text)
    assert "À vérifier : elle a 65 ans ou plus et peu de ressources." in seen and "€" not in seen
    assert "Pas regardé, faute de réponse" in seen
    page = await step(client, path, page, "add", add="fsl")
    page = await step(client, path, page, "next")
    assert page.status_code == 422 and 'href="#ground_fsl"' in page.text
    page = await step(client, path, page, "next", ground_fsl="housing", cause_fsl="non_connaissance")
    page = await step(client, path, page, "next", state_identity="todo", helper_identity="relative")
    page = await step(client, path, page, "back")
    page = await step(client, path, page, "back")
    assert re.search(r'id="rights-fsl"[^>]*checked', page.text) and 'non_connaissance" selected' in page.text
    page = await step(client, path, await step(client, path, page, "next"), "next")
    page = await step(client, path, page, "keep", next_at="demain")
    assert page.status_code == 422 and "Écrivez la date et l’heure." in page.text
    assert await people.rows(PresumedRight, PresumedRight.person == person) == [], "nothing is kept before the end"
    end = await step(client, path, page, "keep", next_at="2031-05-06T10:30")
    assert end.status_code == 303 and end.headers["location"] == f"/personnes/{person}/resume"
    rights = {one.right for one in await people.rows(PresumedRight, PresumedRight.person == person)}
    assert rights == {"aspa", "css", "domiciliation", "fsl"}
    assert await people.rows(Situation, Situation.person == person) == [], "the answers are not kept"
    said = text_of((await client.get(end.headers["location"])).text)
    for words in (GOAL_TEXT, "Ce que nous avons regardé", "Minimum vieillesse", "Une pièce d’identité", "Un proche",
                  "mardi 6 mai 2031", "10 h 30", "pas des décisions"):  # fmt: skip
        assert words.lower() in said.lower(), words
    shown = (await client.get(f"/personnes/{person}")).text
    assert GOAL_TEXT in text_of(shown) and "1 chose encore à préparer" in text_of(shown)
    form_of = re.search(r'action="[^"]*/demarches">(.*?)</form>', shown, re.S)[1]  # type: ignore[index]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form_of))
    assert (await client.post(f"/personnes/{person}/demarches", data=sent)).status_code == 303
    assert "Tout est prêt." in text_of((await client.get(f"/personnes/{person}")).text)


async def test_two_clicks_at_once_keep_one_appointment(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    client, path = await people.client(viewer), f"/personnes/{person}/rendez-vous"
    data = {"command_id": str(uuid4()), "page": "resume", "action": "keep", "goal": GOAL_TEXT, "ended_once": "true"}
    answers = await asyncio.gather(*(client.post(path, data=data) for _ in range(2)))
    assert [one.status_code for one in answers] == [303, 303]
    assert len(await people.rows(RightsAppointment, RightsAppointment.person == person)) == 1
