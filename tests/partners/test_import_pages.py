"""An import on its pages: read, corrected, decided, applied; again without change; exported and back."""

import csv
import io
from uuid import uuid4

import pytest

from contracts.asks import DescribeNetwork, ListRecipients, ResolveRecipient
from contracts.refusals import NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.partners.demonstration import people, ref_of
from services.partners.handlers import describe_network
from services.partners.import_columns import HEADERS
from services.partners.recipients import list_recipients, resolve_recipient
from tests.partners.import_pages_world import apply, found, lines, name, post, rows, text_of, upload

REFERENT = Viewer(
    account=people()[0].ref, display_name="Une référente", organisation=ref_of("organisation", "ccas"),
    organisation_name="CCAS de Valbrume", organisation_kind=OrganisationKind.CCAS, roles=frozenset({Role.REFERENT}),
    territory="essai",
)  # fmt: skip


@pytest.fixture
async def administrator(world):
    return await world.as_account(role="administrator")


async def test_a_file_is_read_corrected_decided_and_applied_and_says_what_it_did(world, administrator, until):
    good, bad, source = name(), name(), uuid4().hex[:8]
    body = lines(
        f"{source};1;{good};CCAS;;Saint-Élan;0261910001;Accueil;RSA | Domiciliation;Rendez-vous pris",
        f"{source};2;{bad};Mairie;12345;Ici;;;;",
        f"{source};3;Caf de Valbrume;Caf;;;3230;;;",
    )
    here = await upload(administrator, body)
    page = await text_of(administrator, here)
    assert "3 lignes lues" in page and "1 ligne nouvelle" in page and "1 à corriger" in page and "1 à décider" in page
    assert "Choisissez une nature de la liste" in page and "Un SIRET a 14 chiffres" in page
    assert (await found(world, good)) == []
    await post(administrator, f"{here}?vue=a-corriger", **{"c-3-kind": "association", "c-3-siret": ""})
    page = await text_of(administrator, here)
    assert "2 lignes nouvelles" in page and "à corriger" not in page
    assert "même nom" in page and "3230" in page
    await post(administrator, f"{here}?vue=a-decider", **{"choice-4": f"update:{ref_of('organisation', 'caf')}"})
    page = await apply(administrator, here, until)
    assert "Laissées de côté" in page
    (made,) = await found(world, good)
    assert (made.kind, made.city, made.phone) == ("ccas", "Saint-Élan", "02 61 91 00 01")
    kinds = await rows(
        world, "SELECT kind, details FROM directoryevent WHERE organisation = :ref ORDER BY at, kind", ref=made.ref
    )
    assert sorted(one.kind for one in kinds) == ["desk_made", "organisation_made"]
    assert "Par un import" in await text_of(administrator, f"/annuaire/{made.ref}")
    (caf,) = await found(world, "Caf de Valbrume")
    assert caf.phone == "3230"
    await post(administrator, f"{here}/abandon", status=409)


async def test_the_same_file_again_changes_nothing_and_a_new_one_updates_without_erasing_by_hand(
    world, administrator, until
):
    one, source = name(), uuid4().hex[:8]
    body = lines(f"{source};a;{one};Association;;Dol;0261910001;;;")
    await apply(administrator, await upload(administrator, body), until)
    again = await upload(administrator, body)
    assert "1 ligne lue\u202f: 1 inchangée." in await text_of(administrator, again)
    (row,) = await found(world, one)
    await post(
        administrator, f"/annuaire/{row.ref}/modifier", name=one, kind="association", city="Dol-de-Valbrume",
        phone="02 61 91 00 01",
    )  # fmt: skip
    assert "1 inchangée" in await text_of(administrator, await upload(administrator, body))
    newer = lines(f"{source};a;{one};Association;;Dolomieu;0261910009;;;")
    here = await upload(administrator, newer)
    page = await text_of(administrator, here)
    for words in ("1 à décider", "À la main\u202f: Dol-de-Valbrume", "Dans le fichier\u202f: Dolomieu"):
        assert words in page, words
    await post(administrator, f"{here}?vue=a-decider", **{"choice-2": "mine"})
    await apply(administrator, here, until)
    (row,) = await found(world, one)
    assert (row.city, row.phone) == ("Dol-de-Valbrume", "02 61 91 00 09")
    gone = await upload(administrator, lines(f"{source};b;{name()};Association;;Dol;;;;"))
    assert "Absents du fichier" in await text_of(administrator, gone)
    assert one in await text_of(administrator, f"{gone}?vue=absents")


async def test_what_is_exported_comes_back_unchanged(world, administrator):
    body = (await administrator.get("/annuaire/export.csv")).content
    read = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    assert tuple(read[0]) == HEADERS
    assert any(one["nom"] == "Caf de Valbrume" and one["guichet"] == "Accueil social" for one in read)
    page = await text_of(administrator, await upload(administrator, body))
    assert f"{len(read)} lignes lues\u202f: {len(read)} inchangées." in page


async def test_an_imported_organisation_is_trusted_with_nothing(world, administrator, until):
    one, source = name(), uuid4().hex[:8]
    body = lines(f"{source};1;{one};Caf;;Dol;;Accueil;RSA;Rendez-vous pris")
    await apply(administrator, await upload(administrator, body), until)
    (row,) = await found(world, one)
    (desk,) = await rows(world, "SELECT ref, receives FROM desk WHERE organisation = :ref", ref=row.ref)
    assert desk.receives is False
    for table in ("account", "convention"):
        assert await rows(world, f"SELECT 1 FROM {table} WHERE organisation = :ref", ref=row.ref) == []
    for page in (f"/reseau/organismes/{row.ref}", f"/annuaire/{row.ref}"):
        assert "Pas de convention en vigueur" in await text_of(administrator, page)

    async def offered():
        ask = ListRecipients(viewer=REFERENT, right="rsa")
        async with world.service.database.web(REFERENT) as work:
            return [one for one in (await list_recipients(ask, work)).desks if one.desk == desk.ref]

    async def named():
        async with world.service.database.web(None) as work:
            network = await describe_network(DescribeNetwork(), work)
        return row.ref in network.organisations, desk.ref in network.desks

    assert await offered() == [] and await named() == (False, False)
    opened = {"name": "Accueil", "rights": ["rsa"], "modes": ["rdv_pris"], "receives": "true"}
    await post(administrator, f"/annuaire/{row.ref}/guichets/{desk.ref}", **opened)
    (option,) = await offered()
    assert option.convention is None and option.contacts == () and await named() == (True, True)
    ask = ResolveRecipient(viewer=REFERENT, desk=desk.ref, contact=people()[5].ref, right="rsa")
    with pytest.raises(NotFound):
        async with world.service.database.web(REFERENT) as work:
            await resolve_recipient(ask, work)
    await post(administrator, f"/annuaire/{row.ref}/depart", confirmed="true")
    assert await offered() == []
