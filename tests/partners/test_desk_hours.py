"""A desk's own settings: its hours, an absence, a contact confirmed once a year."""

import html
import re
from datetime import timedelta

import pytest

from contracts.facts import DeskHoursChanged
from services.partners.demonstration import people
from services.partners.directory_commands import stretches_of
from tests.partners.directory_world import CAF, SOCIAL, facts, one, post, text_of

AGENT, COLLEAGUE, MANAGER = people()[5], people()[6], people()[7]


@pytest.fixture
async def manager(world):
    return await world.at_desk(role="desk_manager")


async def test_the_hours_of_a_desk_leave_as_a_fact_once_they_change(world, manager):
    settings = f"/bureau/reglages/{SOCIAL}"
    form = {"modes": ["rdv_pris"], "day_1": "9 h - 12 h, 14h-17h30", "day_2": "8h30 - 16 h", "capacity": "full",
            "full_until": (world.now + timedelta(days=9)).date().isoformat(), "documents": ["identity", "bank"],
            "documents_note": "Les originaux, sans copie."}  # fmt: skip
    await post(manager, settings, **form)
    await post(manager, settings, **form)
    (fact,) = await facts(world, DeskHoursChanged, SOCIAL)
    assert [(one.weekday, f"{one.opens:%H:%M}", f"{one.closes:%H:%M}") for one in fact.hours] == [
        (1, "09:00", "12:00"), (1, "14:00", "17:30"), (2, "08:30", "16:00"),
    ]  # fmt: skip
    assert (fact.organisation, fact.closures) == (CAF, ())
    page = await text_of(manager, "/bureau/reglages")
    assert 'href="/tableau/reperes"' in page
    assert "Réglages du guichet changés — Accueil social" in page and "Accueil social — Accueil social" not in page
    for words in ("Complet", "lundi 9 h - 12 h, 14 h - 17 h 30", "Pièce d’identité", "Les originaux, sans copie."):
        assert words in page, words
    typed = await text_of(manager, settings)
    assert 'value="9 h - 12 h, 14 h - 17 h 30"' in typed
    closed = {"closed_from": (world.now + timedelta(days=30)).date().isoformat()}
    await post(manager, settings, **form, **closed)
    assert (await facts(world, DeskHoursChanged, SOCIAL))[-1].closures[0].last is None
    modes = ["appel_a_trois", "rdv_accompagne", "rdv_pris", "dossier_transmis"]
    await post(manager, settings, modes=modes, capacity="open")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"day_3": "de neuf à midi"}, "Écrivez les heures ainsi"),
        ({"day_3": "14 h - 12 h"}, "Mercredi\u202f: Écrivez les heures ainsi"),
        ({"day_3": "Fermé"}, "Aucun jour n’est ouvert"),
        ({"documents_note": "Appeler avec le 2 85 05 78 006 084 36"}, "numéro de sécurité sociale"),
        ({"effective_from": "2020-01-01"}, "Cette date est passée"),
        ({"modes": []}, "Choisissez au moins une réponse."),
    ],
)
async def test_settings_that_cannot_be_are_said_at_their_field(world, manager, given, field):
    form = {"modes": ["rdv_pris"], "capacity": "open", **given}
    answer = await manager.post(f"/bureau/reglages/{SOCIAL}", data=form)
    assert answer.status_code == 422
    assert field in html.unescape(answer.text)


def test_hours_are_read_as_people_write_them():
    assert [f"{a:%H%M}-{b:%H%M}" for a, b in stretches_of("9h à 12 h et 14:00 – 17:30")] == ["0900-1200", "1400-1730"]
    assert [f"{a:%H%M}-{b:%H%M}" for a, b in stretches_of("de 9 à 12, 14-17h30")] == ["0900-1200", "1400-1730"]
    assert stretches_of("") == stretches_of("Fermé") == stretches_of("fermee.") == []


async def test_a_week_like_monday_is_written_once_and_reads_as_one_line(world, manager):
    settings = f"/bureau/reglages/{SOCIAL}"
    form = {"modes": ["rdv_pris"], "capacity": "open", "day_1": "9-12, 14-17h30", "day_3": "n’importe quoi",
            "as_monday": "true", "day_6": "9 h - 12 h", "day_7": "fermé"}  # fmt: skip
    assert "Mercredi\u202f: Écrivez" in (await manager.post(settings, data=form | {"as_monday": ""})).text
    await post(manager, settings, **form)
    fact = (await facts(world, DeskHoursChanged, SOCIAL))[-1]
    assert [one.weekday for one in fact.hours] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
    page = await text_of(manager, "/bureau/reglages")
    assert "du lundi au vendredi 9 h - 12 h, 14 h - 17 h 30\u202f; samedi 9 h - 12 h" in page
    again = await text_of(manager, settings)
    assert re.search(r'id="as_monday"[^>]* checked', again) and re.search(r'id="day_7"[^>]* value="fermé"', again)
    await post(manager, settings, modes=["appel_a_trois", "rdv_accompagne", "rdv_pris", "dossier_transmis"],
               capacity="open")  # fmt: skip
    assert re.search(r'id="as_monday"(?![^>]* checked)', await text_of(manager, settings))


async def test_an_absence_is_declared_by_oneself_and_by_the_manager_of_the_desk(world, manager):
    agent = await world.as_account(login=AGENT.email)
    start, end = ((world.now + timedelta(days=days)).date() for days in (20, 24))
    days = {"starts": start.isoformat(), "ends": end.isoformat()}
    await post(agent, "/absences", **days, deputy=str(COLLEAGUE.ref))
    page = await text_of(agent, "/absences")
    assert COLLEAGUE.name in page
    answer = await post(agent, "/absences", 422, **days)
    assert "déjà notée sur ces jours" in html.unescape(answer.text)
    await post(agent, "/absences", 422, starts=end.isoformat(), ends=start.isoformat())
    mine = "SELECT ref FROM absence WHERE account = :ref AND starts = :day"
    absence = await one(world, mine, ref=AGENT.ref, day=start)
    stranger = await world.as_account(login=people()[8].email)
    for client, status in ((stranger, 404), (manager, 303)):
        assert (await client.post(f"/absences/{absence}/annulation")).status_code == status
    assert (await stranger.post("/absences", data={**days, "account": str(AGENT.ref)})).status_code == 404
    await post(manager, "/absences", **days, account=str(AGENT.ref))
    assert AGENT.name in await text_of(manager, f"/absences?pour={AGENT.ref}")
    async with world.service.database.worker() as work:
        await work.execute("DELETE FROM absence WHERE account = :ref", ref=AGENT.ref)


async def test_a_contact_is_confirmed_once_a_year(world, manager):
    async def said(days):
        async with world.service.database.worker() as work:
            await work.execute(
                "UPDATE membership SET confirmed_at = :at WHERE account = :ref",
                at=world.now - timedelta(days=days), ref=AGENT.ref,
            )  # fmt: skip
        return "Confirmer ce contact" in await text_of(manager, f"/annuaire/membres/{AGENT.ref}")

    assert not await said(300)
    assert await said(400)
    assert "à confirmer" in await text_of(manager, "/bureau/reglages")
    await post(manager, f"/annuaire/membres/{AGENT.ref}/confirmation")
    assert "Contact confirmé aujourd’hui" in await text_of(manager, f"/annuaire/membres/{AGENT.ref}")
