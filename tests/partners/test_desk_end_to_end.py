"""The desk with the real referral service: sent, in the list, acknowledged by its page, closed by the life cycle."""

import html
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from contracts.asks import SendReferral
from contracts.viewer import Role, Viewer
from contracts.vocabulary import HandoverMode, OrganisationKind
from services.partners.demonstration import demo_accounts, ref_of


def referent() -> Viewer:
    row = next(one for one in demo_accounts() if one["role"] == "referent")
    return Viewer(
        account=UUID(row["ref"]), display_name=row["name"], organisation=ref_of("organisation", "ccas"),
        organisation_name="CCAS de Valbrume", organisation_kind=OrganisationKind.CCAS,
        roles=frozenset({Role.REFERENT}), territory="valbrume",
    )  # fmt: skip


async def test_a_desk_answers_a_referral_from_its_pages(relais, until):
    agent = next(one for one in demo_accounts() if one["desk"] == "Accueil social")
    ref = uuid4()
    ask = SendReferral(
        viewer=referent(), ref=ref, person=uuid4(), right="ppa", mode=HandoverMode.DOSSIER_TRANSMIS,
        organisation=ref_of("organisation", "caf"), desk=ref_of("desk", "caf", "social"),
        contact=UUID(agent["ref"]), assignee=UUID(agent["ref"]),
    )  # fmt: skip
    await relais.service("intake").bus.ask(ask)
    browser = await relais.sign_in(agent["login"])

    async def listed(view: str) -> bool:
        return f"/bureau/{ref}" in (await browser.get(f"/bureau?vue={view}")).text

    await until(lambda: listed("a-traiter"))
    page = html.unescape((await browser.get(f"/bureau/{ref}")).text)
    assert "Accuser réception" in page
    assert "Orientation confiée au guichet" in page
    address = f"/bureau/{ref}/acknowledge"
    form = (await browser.get(address)).text
    stamp = dict(re.findall(r'name="(command_id|expected_version)" value="([^"]*)"', form))
    promised = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    for _ in range(2):  # a double click is one answer
        answer = await browser.post(address, data=stamp | {"promised_for": promised})
        assert answer.status_code == 303, answer.text
    await until(lambda: listed("en-cours"))
    late = await browser.post(address, data=stamp | {"promised_for": promised, "command_id": str(uuid4())})
    assert late.status_code == 409
    assert "a changé entre-temps" in html.unescape(late.text)
    body = {"action": {"kind": "close", "outcome": "unreachable"}}
    refused = await browser.post(f"/api/desk/items/{ref}/actions", json=body)
    assert refused.status_code == 422
    answer = await browser.post(f"/bureau/{ref}/close", data={"outcome": "already_open", "command_id": str(uuid4())})
    assert answer.status_code == 303, answer.text
    await until(lambda: listed("closes"))
    page = html.unescape((await browser.get(f"/bureau/{ref}")).text)
    assert "Réception confirmée" in page
    assert "Close\u202f: droit déjà ouvert" in page
