"""The rights review: what is presumed, with its ground and cause; noted, changed, removed."""

from uuid import uuid4

import pytest

from contracts.refusals import InvalidInput, NotFound, RoleNotAllowed
from contracts.rights import catalogue
from contracts.viewer import Role
from contracts.vocabulary import Ground, NonTakeUpCause
from services.intake import store
from services.intake.commands import NotedRight, RemoveRight, ReviewRights
from services.intake.handlers import remove_right, review_rights
from services.intake.tables import PresumedRight
from tests.intake.people_world import People, referent, text_of

RSA = NotedRight(right="rsa", ground=Ground.RESOURCES, cause=NonTakeUpCause.NON_CONNAISSANCE)
APL = NotedRight(right="apl", ground=Ground.HOUSING)


async def noted(people: People, viewer, person, *rights: NotedRight):
    async with people.work(viewer) as work:
        return await review_rights(ReviewRights(person=person, rights=rights), work)


async def presumed(people: People, viewer, person) -> dict[str, tuple[str, str | None]]:
    async with people.work(viewer) as work:
        return {row.right: (row.ground, row.cause) for row in await store.presumed_rights(viewer, work, person)}


async def test_a_review_notes_rights_and_tells_their_codes(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    review = await noted(people, viewer, person, RSA, APL)
    assert await presumed(people, viewer, person) == {
        "rsa": ("resources", "non_connaissance"),
        "apl": ("housing", None),
    }
    [fact] = await people.facts(review)
    assert fact["type"] == "rights.identified.v1"
    assert fact["data"]["rights"] == ["rsa", "apl"] and fact["data"]["causes"] == ["non_connaissance"]


async def test_a_second_review_adds_and_changes_without_repeating(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    await noted(people, viewer, person, RSA)
    changed = RSA.model_copy(update={"ground": Ground.HOUSEHOLD})
    second = await noted(people, viewer, person, changed, APL)
    assert await presumed(people, viewer, person) == {
        "rsa": ("household", "non_connaissance"),
        "apl": ("housing", None),
    }
    third = await noted(people, viewer, person, changed, APL)
    assert [one["data"]["rights"] for one in await people.facts(second)] == [["rsa", "apl"]]
    assert await people.facts(third) == []
    rows = await people.rows(PresumedRight, PresumedRight.person == person)
    assert len(rows) == 3 and [row.ground for row in rows if row.removed_at is not None] == ["resources"]


async def test_a_right_outside_the_catalogue_is_refused(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    with pytest.raises(InvalidInput):
        await noted(people, viewer, person, NotedRight(right="permis_moto", ground=Ground.AGE))
    assert await presumed(people, viewer, person) == {}


async def test_a_right_is_presumed_no_longer(people: People):
    viewer, stranger = referent(), referent()
    person = await people.meet(viewer)
    await noted(people, viewer, person, RSA, APL)
    row = next(one for one in await people.rows(PresumedRight, PresumedRight.person == person) if one.right == "rsa")
    for other, refusal in ((stranger, NotFound), (referent(viewer.organisation, Role.DESK_AGENT), RoleNotAllowed)):
        with pytest.raises(refusal):
            async with people.work(other) as work:
                await remove_right(RemoveRight(presumed=row.ref), work)
    async with people.work(viewer) as work:
        assert await remove_right(RemoveRight(presumed=row.ref), work) == person
    assert set(await presumed(people, viewer, person)) == {"apl"}


async def test_the_page_of_the_review_offers_the_catalogue_and_keeps_what_is_ticked(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    client, path = await people.client(viewer), f"/personnes/{person}/bilan"
    form = await client.get(path)
    assert all(f'value="{code}"' in form.text for code in catalogue())
    empty = await client.post(path, data={"command_id": str(uuid4())})
    assert empty.status_code == 422 and 'href="#rights"' in empty.text
    half = {"command_id": str(uuid4()), "rights": ["rsa", "css"], "ground_rsa": "resources", "cause_css": "non_demande"}
    missing = await client.post(path, data=half)
    assert missing.status_code == 422 and 'href="#ground_css"' in missing.text
    assert missing.text.count(" checked") == 2 and 'value="non_demande" selected' in missing.text
    assert (await client.post(path, data={**half, "ground_css": "age"})).status_code == 303
    assert await presumed(people, viewer, person) == {"rsa": ("resources", None), "css": ("age", "non_demande")}
    page = text_of((await client.get(f"/personnes/{person}")).text)
    assert "2 droits possibles" in page and "Connaît, mais ne demande pas" in page and "Recueillir son accord" in page
    again = await client.get(path)
    assert 'type="checkbox" id="rights" name="rights" value="rsa"' not in again.text
    row = (await people.rows(PresumedRight, PresumedRight.person == person))[0]
    gone = await client.post(f"{path}/{row.ref}/retrait", data={"command_id": str(row.ref)})
    assert gone.status_code == 303 and len(await presumed(people, viewer, person)) == 1
