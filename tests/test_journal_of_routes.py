"""Every route of intake that reads or writes something of a person leaves an entry in the journal, and no value in it.

The table is written by hand, beside the code: a new route without its line fails.
"""

import re
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from services.intake import safeguards
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import Someone
from tests.test_entitlement import ACTORS, Row, World, body_for, call, make_world, rows, shape

# What each route leaves: one of these kinds, by whom (R the referent, P the DPO). `-`: it shows nothing of a person.
# `+`: it does, its objects are made by the tests of its own rule, and the entry is asserted there.
TABLE = """
GET  /aujourdhui                              R listed
GET  /aujourdhui/flux                         -
GET  /rencontre                               +
POST /rencontre                               R created
POST /rencontre/recherche                     R searched
GET  /rencontre/hors-ligne                    -
GET  /rencontre/travailleur.js                -
GET  /personnes                               R listed
POST /personnes                               R searched
GET  /personnes/nouvelle                      -
POST /personnes/nouvelle                      R created
GET  /personnes/{}                            R read_file
GET  /personnes/{}/rencontre                  R read_file
POST /personnes/{}/rencontre                  R met
GET  /personnes/{}/situation                  R read_file
POST /personnes/{}/situation                  R situation_changed
GET  /personnes/doublons                      R searched
GET  /personnes/{}/doublons                   R read_file
POST /personnes/{}/doublons                   R read_file
GET  /personnes/{}/doublon/{}                 +
POST /personnes/{}/doublon/{}                 +
POST /personnes/{}/doublon/{}/distinctes      +
GET  /personnes/{}/reunions/{}/defaire        +
POST /personnes/{}/reunions/{}/defaire        +
GET  /personnes/{}/motif                      -
POST /personnes/{}/motif                      R reason_given
GET  /personnes/{}/accord                     R read_file
POST /personnes/{}/accord                     R consent_given
GET  /personnes/{}/accords/{}/retrait         R read_file
POST /personnes/{}/accords/{}/retrait         R consent_withdrawn
GET  /personnes/{}/bilan                      R read_file
POST /personnes/{}/bilan                      R right_noted
POST /personnes/{}/bilan/{}/retrait           R right_removed
GET  /personnes/{}/rendez-vous                R read_file
POST /personnes/{}/rendez-vous                R appointment_kept
POST /personnes/{}/demarches                  R changed
GET  /personnes/{}/resume                     R printed
GET  /personnes/{}/resume.pdf                 R printed
GET  /orientations/{}/lettre                  R printed
GET  /orientations/{}/lettre.pdf              R printed
GET  /personnes/{}/confier                    R previewed
POST /personnes/{}/confier                    R handed_over
POST /personnes/{}/confier/plusieurs          R handover_changed
GET  /personnes/{}/confier/resultat/{}        +
GET  /orientations                            R listed
GET  /orientations/flux                       -
GET  /orientations/{}                         R read_referral
GET  /orientations/{}/{}                      R read_referral
POST /orientations/{}/{}                      R read_referral
GET  /orientations/{}/rendez-vous             R read_referral
POST /orientations/{}/rendez-vous             R read_referral
GET  /orientations/{}/rendez-vous.ics         +
GET  /orientations/{}/abandonner              R read_referral
POST /orientations/{}/abandonner              R handover_changed
POST /api/referrals                           R handed_over
GET  /api/referrals/{}                        R read_referral
GET  /api/people                              R listed
GET  /journal                                 P journal_read
POST /journal                                 P journal_read
POST /journal/verification                    P journal_read
GET  /urgence                                 -
POST /urgence                                 R break_glass_declared
POST /urgence/{}/confirmation                 +
GET  /personnes/{}/accords.json               R exported
GET  /personnes/{}/accords/{}                 R read_file
GET  /personnes/{}/accords/{}/recu            R read_file
POST /personnes/{}/accords/{}/recu            R receipt_given
GET  /personnes/{}/accords/{}/recu.html       R read_file
GET  /personnes/{}/accords/{}/recu.pdf        R read_file
GET  /personnes/{}/accords/{}/reduire         R read_file
POST /personnes/{}/accords/{}/reduire         R consent_changed
GET  /personnes/{}/corriger                   +
POST /personnes/{}/corriger                   +
GET  /personnes/{}/demandes                   +
POST /personnes/{}/demandes                   +
GET  /personnes/{}/evaluation                 +
POST /personnes/{}/evaluation                 +
GET  /personnes/{}/joindre                    R read_file
POST /personnes/{}/joindre                    +
GET  /personnes/{}/sa-page                    +
POST /personnes/{}/sa-page                    +
POST /personnes/{}/sa-page/fin                +
GET  /personnes/{}/sa-page/papier             +
GET  /moi                                     -
POST /moi                                     +
POST /moi/fermer                              -
POST /moi/dossier                             -
GET  /moi/r/{}                                -
GET  /moi/page                                +
GET  /moi/accords/{}                          +
POST /moi/accords/{}                          +
GET  /moi/orientations/{}                     +
POST /moi/orientations/{}                     +
GET  /moi/demande                             -
POST /moi/demande                             +
GET  /moi/evaluation                          -
POST /moi/evaluation                          -
GET  /demandes                                +
GET  /demandes/nouvelle                       -
POST /demandes/nouvelle                       +
GET  /demandes/{}                             +
POST /demandes/{}                             +
GET  /demandes/{}/effacer                     -
POST /demandes/{}/effacer                     +
GET  /demandes/{}/dossier                     +
GET  /demandes/{}/dossier.json                +
GET  /demandes/conservation                   -
GET  /circuits                                -
POST /circuits                                -
GET  /circuits/{}/{}                          -
POST /circuits/{}/{}                          -
GET  /effacements                             -
GET  /effacements/{}                          -
POST /effacements/{}                          +
GET  /notices                                 -
GET  /notices/{}                              -
GET  /notices/brouillons/nouveau              -
GET  /notices/brouillons/{}                   -
POST /notices/brouillons/{}                   -
"""


def table() -> dict[tuple[str, str], list[str]]:
    """The table, read: by method and shape, the letter and the kind, or a mark."""
    lines = [line.split() for line in TABLE.splitlines() if line.strip() and not line.startswith("#")]
    return {(method, path): rest for method, path, *rest in lines}


DRIVEN = [
    row for row in rows() if len(table().get((row.method, re.sub(r"\{\w+}", "{}", row.template)), ())) == 2
]


def test_the_table_has_every_route_of_intake_and_no_other(relais: Running) -> None:
    declared = {
        (method, shape(route.path))
        for route in relais.service("intake").app.routes  # type: ignore[union-attr]
        if isinstance(route, APIRoute)
        for method in route.methods
    } - {("GET", path) for path in ("/livez", "/readyz", "/metrics")}
    assert sorted(declared - set(table())) == []
    assert sorted(set(table()) - declared) == []


async def entries(relais: Running, since: Any) -> list[Any]:
    async with relais.service("intake").database.worker() as work:
        return (await work.execute("SELECT * FROM journalentry WHERE at >= :since", since=since)).all()


async def instant(relais: Running) -> Any:
    async with relais.service("intake").database.worker() as work:
        return work.now


@pytest.fixture(scope="module")
async def seats(relais: Running) -> dict[str, Any]:
    return {letter: await relais.sign_in(ACTORS[letter][0]) for letter in "RP"}


@pytest.fixture(scope="module")
async def shown(seats) -> World:
    return await make_world(seats["R"])


@pytest.mark.parametrize("row", DRIVEN, ids=lambda row: f"{row.method} {row.filled}")
async def test_a_route_leaves_its_entry(row: Row, relais: Running, seats, shown: World) -> None:
    letter, kind = table()[row.route]
    changes = row.method == "POST" and "{" in row.template
    world = await make_world(seats["R"]) if changes else shown
    before = await instant(relais)
    answer = await call(seats[letter], row, world.address(row.filled), body_for(row, world))
    assert answer.status_code < 400, answer.text[:2000]
    account = next(one.ref for one in story.people() if one.email == ACTORS[letter][0])
    found = [one for one in await entries(relais, before) if (one.kind, one.viewer) == (kind, account)]
    assert found, "nothing in the journal"
    if "{person}" in row.filled and letter == "R":
        assert world.person in {one.person for one in found}
    if kind == "listed":
        assert world.person in found[0].people, "somebody who was shown is not in the entry of the list"


async def test_a_refused_opening_is_an_entry_too(relais: Running, shown: World) -> None:
    stranger = await relais.sign_in(ACTORS["O"][0])
    before = await instant(relais)
    assert (await stranger.get(f"/personnes/{shown.person}")).status_code == 404
    [entry] = [one for one in await entries(relais, before) if one.kind == "read_file" and one.outcome == "refused"]
    assert (entry.object_ref, entry.person, entry.refusal) == (shown.person, None, "not-found")


async def test_no_value_of_a_person_is_in_the_journal(relais: Running, seats) -> None:
    who = Someone("Canariote", "Zwintrebel", "1983-02-27", phone="06 39 98 77 53", postal_address="9 rue du Serin")
    sent = await story.send_one(seats["R"], who)
    await seats["R"].post("/personnes", data={"q": "Zwintrebel"})
    await seats["R"].get(f"/orientations/{sent.ref}")
    async with relais.service("intake").database.worker() as work:
        kept = str((await work.execute("SELECT json_agg(e) FROM journalentry e")).scalar())
    assert str(sent.person) in kept
    for value in ("Canariote", "Zwintrebel", "1983-02-27", "39987753", "9987753", "Serin"):
        assert value.lower() not in kept.lower()


async def test_the_dpo_is_told_by_mail_of_an_emergency_once_and_nobody_is_named(relais: Running, seats, until) -> None:
    form = {"command_id": str(uuid4()), "motive": "vital", "told_to": "rescue"}
    assert (await seats["R"].post("/urgence", data=form)).status_code == 303
    async with relais.service("intake").database.worker() as work:
        query = "SELECT ref FROM breakglass ORDER BY declared_at DESC LIMIT 1"
        ref = (await work.execute(query)).scalar_one()
    for _ in range(2):
        await safeguards.tell_officers(relais.service("intake"))

    async def tellings() -> list[Any]:
        async with relais.service("notify").database.worker() as work:
            return (await work.execute("SELECT account, state, kind FROM telling WHERE referral = :ref", ref=ref)).all()

    async def sent() -> bool:
        found = await tellings()
        return bool(found) and all(one.state in ("sent", "suppressed") for one in found)

    await until(sent, within=30)
    dpo = next(one.ref for one in story.people() if one.email == ACTORS["P"][0])
    assert [(one.kind) for one in await tellings() if one.account == dpo] == ["emergency"]
    page = await seats["P"].get("/avis")
    assert "Une urgence a été notée" in page.text and "/journal?vue=alertes" in page.text
