"""From the commit of a narrowing on, no reading returns what was taken out, whoever was reading meanwhile."""

import asyncio

from sqlmodel import select

from contracts.consent import Category
from services.intake.commands import NarrowConsent
from services.intake.consent_narrowing import narrow_consent
from services.intake.consent_store import grant_of_person
from services.intake.erasure_tables import ErasureRequest
from tests.intake.handover_world import Ready, World


async def narrow(world: World, ready: Ready, **kept: object) -> None:
    async with world.service.database.web(ready.referent) as work:
        row = await grant_of_person(ready.referent, work, ready.person, ready.grant)
        keeps = {"categories": row.categories, "rights": row.rights, "expires_at": row.expires_at, **kept}
        await narrow_consent(NarrowConsent(grant=ready.grant, **keeps), work)


async def erasures(world: World, ref: object) -> list[ErasureRequest]:
    async with world.service.database.worker() as work:
        return list((await work.session.exec(select(ErasureRequest).where(ErasureRequest.handover == ref))).all())


async def test_no_reading_begun_after_the_narrowing_holds_what_is_out(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    done, seen = asyncio.Event(), {"before": 0, "after": 0}

    async def read() -> None:
        while seen["after"] < 20:
            began_after = done.is_set()
            [answer] = await world.disclose(ready.agent, ref)
            holds = answer.disclosure.text("phone") is not None
            assert not (began_after and holds)
            seen["after" if began_after else "before"] += 1

    readers = [asyncio.create_task(read()) for _ in range(4)]
    while seen["before"] < 5:
        await asyncio.sleep(0)
    await narrow(world, ready, categories=frozenset({Category.IDENTITY_MIN, Category.NEED_SUMMARY}))
    done.set()
    await asyncio.gather(*readers)
    [answer] = await world.disclose(ready.agent, ref)
    assert answer.disclosure.epoch == 2 and "Téléphone" in answer.disclosure.not_shared
    assert answer.disclosure.text("short_name") == "Mme K."
    [asked] = await erasures(world, ref)
    assert asked.categories == ["contact_phone"] and asked.cause == "narrowing"


async def test_a_right_taken_out_ends_what_was_handed_over_for_it_and_no_other(world: World):
    ready = await world.ready(rights=["rsa", "apl"])
    out = (await world.hand_over(ready)).ref
    [answer] = await world.disclose(ready.agent, out)
    assert answer.disclosure is not None
    await narrow(world, ready, rights=frozenset({"apl"}))
    [answer] = await world.disclose(ready.agent, out)
    assert answer.disclosure is None and answer.refusal["slug"] == "handover-closed"
    row = await world.row(out)
    assert row.readable_until is not None
    [asked] = await erasures(world, out)
    assert set(asked.categories) == {"identity_min", "contact_phone", "need_summary"}
