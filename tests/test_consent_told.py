"""When the referent is told of the end of an agreement: changed by the coordination, and so from its day on."""

import html
import re
from datetime import timedelta

from contracts.viewer import Role
from services.intake.consent_soon import learn_soon
from services.runtime.clock import system_clock
from tests.conftest import Running
from tests.journey.story import REFERENT, SOCIAL, first, login
from tests.seeded_world import typed_in

CHANGE = "/tableau/reperes/changer"


async def filter_says(relais: Running, ahead: timedelta) -> str:
    """What the filter of the people says, once intake has asked a referral service whose clock is so far ahead."""
    database = relais.service("referral").database
    now, database.clock = database.clock, lambda: system_clock() + ahead
    try:
        await learn_soon(relais.service("intake"))
    finally:
        database.clock = now
    referent = await relais.sign_in(login(REFERENT))
    found = re.search(r"Accord fini dans (\d+) jours", (await referent.get("/personnes")).text)
    assert found is not None
    return found[1]


async def test_when_the_end_of_an_agreement_is_told_changes_on_the_day_from_which_it_applies(relais: Running):
    assert "learn_soon" in {one.name for one in relais.service("intake").jobs.jobs}
    coordinator = await relais.sign_in(login(first(Role.COORDINATOR, "agglo")))
    form = typed_in((await coordinator.get(CHANGE)).text) | {"reason": "agreed", "consent_days": "40"}
    tried = html.unescape((await coordinator.post(CHANGE, data=form)).text)
    assert "La fin des accords n’y est pas comptée" in tried and "40 jours avant la fin" in tried
    at_desk = html.unescape((await coordinator.get(f"{CHANGE}?guichet={SOCIAL}")).text)
    assert "consent_days" not in typed_in(at_desk) and "ne se règle pas par guichet" in at_desk
    assert (await coordinator.post(CHANGE, data={**form, "act": "keep"})).status_code == 303
    shown = html.unescape((await coordinator.get(f"/tableau/reperes?guichet={SOCIAL}")).text)
    assert "15 jours avant la fin" in shown and "40 jours" not in shown, "not before its day"
    whole = html.unescape((await coordinator.get("/tableau/reperes")).text)
    assert "prévenir de la fin d’un accord 40 jours avant" in whole, "it is among the versions"
    assert [await filter_says(relais, timedelta(days=days)) for days in (0, 1, 0)] == ["15", "40", "15"]
