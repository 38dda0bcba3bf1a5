"""An appointment from proposal to calendar on both sides' pages, with a permanence that its manager adds."""

import html
import re
from uuid import uuid4

from tests.journey import story
from tests.journey.story import AGENT, MANAGER, REFERENT, SOCIAL, Someone, in_days, login

NAME = "Philomarine"


async def test_one_side_proposes_the_other_accepts_and_both_take_it_into_their_calendars(relais, until) -> None:
    referent, agent = await relais.sign_in(login(REFERENT)), await relais.sign_in(login(AGENT))
    sent = await story.send_one(referent, Someone(NAME, f"Ventelou{uuid4().hex[:6]}"))
    here, there = f"/orientations/{sent.ref}/rendez-vous", f"/bureau/{sent.ref}/rendez-vous"

    async def arrived() -> bool:
        return (await agent.get(there)).status_code == 200

    await until(arrived, within=30)
    form = html.unescape((await referent.get(here)).text)
    held = re.search(r'value="([0-9a-f-]{36})"[^>]*>\s*<span[^>]*>Centre social du Bas-Port', form)
    assert held and "prochaine" in form, "the permanences of that desk can be chosen"
    wrong = await referent.post(here, data={"command_id": str(uuid4()), "action": "propose", "starts_on": in_days(-1),
                                            "at": "10:00", "place": "desk", "attendees": ["person"]})  # fmt: skip
    assert wrong.status_code == 422 and "starts_on" in wrong.text
    asked = {"action": "propose", "starts_on": in_days(6), "at": "10:30", "place": held[1],
             "attendees": ["person", "desk"]}  # fmt: skip
    await story.post(referent, here, asked)

    page = html.unescape((await agent.get(there)).text)
    assert "Proposé par la personne référente" in page and "à 10 h 30" in page and "Centre social du Bas-Port" in page
    appointment = re.search(r'name="appointment" value="([0-9a-f-]{36})"', page)[1]  # type: ignore[index]
    assert "Accepter ce rendez-vous" in page and "Accepter" not in (await referent.get(here)).text
    await story.post(agent, there, {"action": "accept_appointment", "appointment": appointment})
    late = await agent.post(there, data={"command_id": str(uuid4()), "action": "decline_appointment",
                                         "appointment": appointment})  # fmt: skip
    assert late.status_code == 409 and "a changé entre-temps" in late.text

    for client, address in ((referent, f"/orientations/{sent.ref}"), (agent, f"/bureau/{sent.ref}")):
        shown = html.unescape((await client.get(address)).text)
        assert "Convenu" in shown and "Rendez-vous convenu" in shown and "Rendez-vous proposé" in shown
        file = (await client.get(f"{address}/rendez-vous.ics")).text
        assert f"UID:{appointment}@relais" in file and "LOCATION:Centre social du Bas-Port" in file
        assert address in file.replace("\r\n ", "") and "STATUS:CONFIRMED" in file
        assert NAME not in file and "Ventelou" not in file and "RSA" not in file and str(sent.person) not in file
    async with relais.service("referral").database.worker() as work:
        kept = str((await work.execute("SELECT envelope FROM fact WHERE ref = :ref", ref=sent.ref)).scalars().all())
    assert appointment in kept and NAME not in kept and "Bas-Port" not in kept


async def test_a_manager_adds_a_permanence_that_contact_cards_and_the_network_show(relais) -> None:
    manager, referent = await relais.sign_in(login(MANAGER)), await relais.sign_in(login(REFERENT))
    here = f"/bureau/reglages/{SOCIAL}/permanence"
    place = f"Médiathèque {uuid4().hex[:5]}"
    wrong = await manager.post(here, data={"place": place, "weekday": "2", "hours": "9 h - 12 h, 14 h - 17 h"})
    assert wrong.status_code == 422 and "une seule plage" in wrong.text and place in wrong.text
    many = await manager.post(here, data={"place": "2 90 05 35 238 123 89", "weekday": "2", "hours": "9 h - 12 h"})
    assert many.status_code == 422
    await story.post(manager, here, {"place": place, "weekday": "6", "hours": "9 h - 12 h"})
    settings = (await manager.get("/bureau/reglages")).text
    address = re.search(rf'(/annuaire/permanences/[0-9a-f-]{{36}})">{place}', settings)[1]  # type: ignore[index]
    network = html.unescape((await referent.get("/reseau")).text)
    assert f"{place}\u202f: samedi, 9 h – 12 h (prochaine" in network
    await story.post(manager, address, {"place": place, "weekday": "6", "hours": "9 h - 12 h",
                                        "valid_from": in_days(-9), "valid_until": in_days(-1)})  # fmt: skip
    assert place not in (await referent.get("/reseau")).text
    assert (await referent.get(address)).status_code == 403
