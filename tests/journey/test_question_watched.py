"""A desk’s question that speaks of health comes back with the words found, and leaves once it is confirmed."""

import re
from uuid import uuid4

from tests.conftest import Running, eventually
from tests.journey import story
from tests.journey.story import AGENT, REFERENT, Someone, act, in_days, send_one


async def test_a_question_about_health_is_asked_about_before_it_is_kept(relais: Running):
    referent, agent = await relais.sign_in(story.login(REFERENT)), await relais.sign_in(story.login(AGENT))
    sent = await send_one(referent, Someone(first_name="Maïwenn", last_name=f"Tresquel{uuid4().hex[:5]}"))
    await story.until_there(agent, sent.ref)
    await act(agent, sent.ref, "acknowledge", promised_for=in_days(2))
    address = f"/bureau/{sent.ref}/request_information"

    async def may_ask() -> bool:
        return 'name="question"' in (await agent.get(address)).text

    await eventually(may_ask)
    form = {"command_id": str(uuid4()), "question": "Est-elle hospitalisée ?", "resume_on": in_days(6)}
    back = await agent.post(address, data=form)
    assert back.status_code == 422 and "<mark>hospitalisée</mark>" in back.text
    assert re.search(r'name="confirmed" value="question"', back.text) and "Est-elle hospitalisée" in back.text
    api = f"/api/desk/items/{sent.ref}/questions"
    refused = await agent.post(api, json={"text": "Est-elle hospitalisée ?"})
    assert refused.status_code == 422 and refused.json()["slug"] == "free-text-to-confirm"
    assert refused.json()["details"]["passages"] == "health:9-21" and "hospital" not in refused.text
    assert (await agent.post(api, json={"text": "Est-elle hospitalisée ?", "confirmed": True})).status_code == 200
    nir = await agent.post(api, json={"text": "Est-ce le 2 69 05 49 588 157 80 ?", "confirmed": True})
    assert nir.json()["slug"] == "social-security-number-refused"
    assert (await agent.post(address, data={**form, "confirmed": "question"})).status_code == 303
    assert "Est-elle hospitalisée" in (await referent.get(f"/orientations/{sent.ref}")).text
