"""Importing the directory through its pages, without a line of JavaScript, over a real database and bus."""

import csv
import html
import io
import json
import re
from uuid import UUID, uuid4

import pytest

from contracts.asks import DescribeNetwork, ListRecipients, ResolveRecipient
from contracts.refusals import NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.partners.demonstration import people, ref_of
from services.partners.handlers import describe_network
from services.partners.import_applying import apply_batch
from services.partners.import_columns import HEADERS
from services.partners.import_reading import MOST_BYTES
from services.partners.recipients import list_recipients, resolve_recipient

HEADS = "source;identifiant;nom;nature;siret;commune;telephone;guichet;droits;modes"

REFERENT = Viewer(
    account=people()[0].ref, display_name="Une référente", organisation=ref_of("organisation", "ccas"),
    organisation_name="CCAS de Valbrume", organisation_kind=OrganisationKind.CCAS, roles=frozenset({Role.REFERENT}),
    territory="essai",
)  # fmt: skip


@pytest.fixture
async def administrator(world):
    return await world.as_account(role="administrator")


def name() -> str:
    return f"Organisme {uuid4().hex[:8]}"


async def upload(client, *files, status=303):
    sent = [("file", (f"annuaire-{place}.csv", body, "text/csv")) for place, body in enumerate(files)]
    answer = await client.post("/annuaire/import", files=sent)
    assert answer.status_code == status, html.unescape(answer.text)[-3000:]
    return answer.headers["location"] if status == 303 else html.unescape(answer.text)


async def text_of(client, path, status=200):
    answer = await client.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.text[-2000:])
    return html.unescape(answer.text)


async def post(client, path, status=303, **data):
    answer = await client.post(path, data=data)
    assert answer.status_code == status, (path, answer.status_code, html.unescape(answer.text)[-3000:])
    return answer


def lines(*rows: str) -> bytes:
    return "\r\n".join((HEADS, *rows)).encode("cp1252")


async def apply(client, here, until):
    page = await text_of(client, here)
    digest = re.search(r'name="digest" value="([0-9a-f]*)"', page)[1]
    await post(client, f"{here}/appliquer", digest=digest)

    async def over():
        page = await text_of(client, here)
        return page if "Import terminé" in page else None

    return await until(over)


async def rows(world, statement, **values):
    async with world.service.database.worker() as work:
        return (await work.execute(statement, **values)).all()


async def found(world, name):
    statement = "SELECT * FROM organisation o JOIN organisationcard c ON c.organisation = o.ref WHERE o.name = :name"
    return await rows(world, statement, name=name)


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


async def of_source(world, source):
    statement = "SELECT organisation FROM organisationorigin WHERE source = :source"
    return [one.organisation for one in await rows(world, statement, source=source)]


async def set_state(work, here, state):
    given = {"ref": UUID(here.rsplit("/", 1)[-1]), "state": state, "now": work.now}
    await work.execute("UPDATE directoryimport SET state = :state, started_at = :now WHERE ref = :ref", **given)


async def test_an_import_that_is_killed_in_the_middle_goes_on_and_makes_nothing_twice(world, administrator, until):
    source, names = uuid4().hex[:8], [name() for _ in range(5)]
    desk = "Accueil;RSA;Rendez-vous pris"
    body = lines(*(f"{source};{place};{one};Association;;Dol;;{desk}" for place, one in enumerate(names)),
                 f"{source};4;{names[4]};Association;;Dol;;Annexe;RSA;Rendez-vous pris")  # fmt: skip
    here = await upload(administrator, body)
    database = world.service.database
    with pytest.raises(ZeroDivisionError):
        async with database.worker() as work:
            await set_state(work, here, "applying")
            assert await apply_batch(work, 3)
            raise ZeroDivisionError
    assert await of_source(world, source) == []
    async with database.worker() as work:
        await set_state(work, here, "applying")
        assert await apply_batch(work, 3)
        await set_state(work, here, "stopped")
    assert len(await of_source(world, source)) == 3
    async with database.worker() as work:
        await set_state(work, here, "applying")

    async def over():
        page = await text_of(administrator, here)
        return page if "Import terminé" in page else None

    await until(over)
    async with database.worker() as work:
        await set_state(work, here, "applying")
    await until(over)
    made = await of_source(world, source)
    assert len(made) == 5
    counted = "SELECT count(*) AS count FROM {} WHERE organisation = ANY(:made)"
    assert (await rows(world, counted.format("desk"), made=made))[0].count == 6
    assert (await rows(world, counted.format("directoryevent"), made=made))[0].count == 11


async def test_a_row_that_fails_is_left_and_the_others_are_done(world, administrator, until):
    source, broken, fine = uuid4().hex[:8], name(), name()
    body = lines(*(f"{source};{one};{one};Association;;;;;;" for one in (broken, fine)))
    here = await upload(administrator, body)
    async with world.service.database.worker() as work:
        await work.execute(
            "UPDATE directoryimportrow SET act = 'change', found = jsonb_set(found, '{target}', '\"nothing\"')"
            " WHERE draft = :ref AND number = 2", ref=UUID(here.rsplit("/", 1)[-1]),
        )  # fmt: skip
        await set_state(work, here, "applying")

    async def over():
        page = await text_of(administrator, here)
        return page if "Import terminé" in page else None

    page = await until(over)
    assert "Une erreur est survenue de notre côté." in page
    assert await found(world, broken) == [] and len(await found(world, fine)) == 1


async def test_nothing_is_done_that_was_not_shown(world, administrator):
    one, source = name(), uuid4().hex[:8]
    here = await upload(administrator, lines(f"{source};1;{one};Association;;Dol;;;;"))
    digest = re.search(r'name="digest" value="([0-9a-f]+)"', await text_of(administrator, here))[1]
    await post(administrator, "/annuaire/nouveau", name=one, kind="association", city="Dol")
    answer = await post(administrator, f"{here}/appliquer", status=409, digest=digest)
    page = html.unescape(answer.text)
    assert "L’annuaire a changé depuis" in page and "1 inchangée" in page
    await post(administrator, f"{here}/abandon")
    assert (await administrator.get(here)).status_code == 404
    draft = UUID(here.rsplit("/", 1)[-1])
    assert await rows(world, "SELECT 1 FROM directoryimportrow WHERE draft = :draft", draft=draft) == []


async def test_what_changed_while_an_import_went_on_is_left_and_said(world, administrator, until):
    one, source = name(), uuid4().hex[:8]
    await apply(administrator, await upload(administrator, lines(f"{source};1;{one};Association;;Dol;;;;")), until)
    here = await upload(administrator, lines(f"{source};1;{one};Association;;Brest;;;;"))
    async with world.service.database.worker() as work:
        await work.execute("UPDATE organisationcard SET city = 'Rennes' WHERE city = 'Dol' AND organisation ="
                           " (SELECT ref FROM organisation WHERE name = :name)", name=one)  # fmt: skip
        await set_state(work, here, "applying")

    async def over():
        page = await text_of(administrator, here)
        return page if "Import terminé" in page else None

    assert "L’annuaire a changé entre-temps" in await until(over)
    assert (await found(world, one))[0].city == "Rennes"


async def test_titles_that_nobody_knows_are_named_on_a_page(world, administrator):
    one = name()
    body = f"Dénomination sociale;Bidule;Nature\r\n{one};Dol;\r\n".encode()
    columns = await upload(administrator, body)
    assert columns.endswith("/colonnes")
    page = await text_of(administrator, columns)
    assert "Par exemple\u202f: Dol" in page
    named = {"column-0": "name", "column-1": "city", "column-2": "kind", "source": "Liste 2026", "kind": "association"}
    wrong = [({"column-1": "name"}, "déjà prise"), ({"column-0": ""}, "le nom de l’organisme"),
             ({"source": "relais"}, "autre que relais"), ({"column-0": "licorne"}, "de la liste")]  # fmt: skip
    for given, sentence in wrong:
        answer = await post(administrator, columns, status=422, **named | given)
        assert sentence in html.unescape(answer.text), given
    await post(administrator, columns, **named)
    here = columns.removesuffix("/colonnes")
    assert "1 ligne nouvelle" in await text_of(administrator, here)
    page = await text_of(administrator, f"{here}/lignes/2")
    assert one in page and 'value="Dol"' in page
    await post(administrator, f"{here}/lignes/2", name=one, kind="", city="Dol", choice="leave")
    assert "1 de côté" in await text_of(administrator, here)
    await post(administrator, f"{here}/lignes/2", name="", kind="Caf", city="Dol", choice="")
    assert "Ce champ est nécessaire." in await text_of(administrator, here)
    for number in (99, 0, 99_999_999_999):
        assert (await administrator.get(f"{here}/lignes/{number}")).status_code == 404


async def test_a_file_with_identifiers_and_without_a_source_is_asked_for_its_name(world, administrator):
    body = f"identifiant;nom;nature\r\n1;{name()};Caf\r\n".encode()
    columns = await upload(administrator, body)
    assert columns.endswith("/colonnes")
    here = columns.removesuffix("/colonnes")
    assert "Dites d’où vient cet identifiant" in await text_of(administrator, here)
    named = {"column-0": "id", "column-1": "name", "column-2": "kind", "source": f"Liste {uuid4().hex[:6]}"}
    await post(administrator, columns, **named)
    assert "1 ligne nouvelle" in await text_of(administrator, here)


async def test_one_answer_decides_for_every_row_that_waits(world, administrator):
    names = [name() for _ in range(30)]
    for one in names[:3]:
        await post(administrator, "/annuaire/nouveau", name=one, kind="association")
    body = lines(*(f";;{one};Association;;Dol;3230;;;" for one in names))
    here = await upload(administrator, body)
    assert "3 à décider" in await text_of(administrator, here)
    await post(administrator, f"{here}?vue=a-decider", all="update")
    assert "Importer\u202f: 27 ajouts et 3 changements" in await text_of(administrator, here)
    page = await text_of(administrator, f"{here}?vue=nouveaux&page=2")
    assert "Page 2 sur 2" in page and names[-1] in page
    await post(administrator, f"{here}?vue=a-decider", status=422, all="licorne")


async def test_a_file_too_heavy_is_refused_while_it_comes(administrator):
    async def endless():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(30):
            yield b"a" * 1024 * 1024

    answer = await administrator.post(
        "/annuaire/import", content=endless(), headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 422 and "trop lourd" in html.unescape(answer.text)
    heavy = b"nom\r\n" + b"a" * (MOST_BYTES + 1)
    assert "10 Mo au plus" in await upload(administrator, heavy, status=422)
    assert "Choisissez un fichier" in await upload(administrator, status=422)
    assert "ou deux pour data·inclusion" in await upload(administrator, b"nom", b"nom", b"nom", status=422)


async def test_data_inclusion_is_read_with_its_services_and_one_answer_gives_the_missing_kind(
    world, administrator, until
):
    source, one = uuid4().hex[:8], name()
    structures = [{"source": source, "id": f"{source}--1", "nom": one, "commune": "Dol", "date_maj": "2025-01-01"}]
    service = {"source": source, "id": "s", "structure_id": f"{source}--1", "thematiques": ["numerique--essai"]}
    contact = {"contact_nom_prenom": "Prénom Nom", "courriel": "prenom.nom@essai.example"}
    body = json.dumps({"structures": structures, "services": [service | contact]}).encode()
    here = await upload(administrator, body)
    assert "Dites la nature de cet organisme." in await text_of(administrator, here)
    page = await text_of(administrator, f"{here}/colonnes")
    mapping = dict(re.findall(r'<select class="ds-input" id="(column-\d+)".*?value="(\w+)" selected', page, re.S))
    assert len(mapping) == 14
    await post(administrator, f"{here}/colonnes", **mapping, source="inclusion", kind="association")
    page = await apply(administrator, here, until)
    assert "Fichier data·inclusion" in page
    (row,) = await found(world, one)
    assert (row.kind, row.contact_name, row.themes) == ("association", "Prénom Nom", "numerique : essai")
    assert await rows(world, "SELECT 1 FROM desk WHERE organisation = :ref", ref=row.ref) == []
    assert "Prénom Nom" in await text_of(administrator, f"/reseau/organismes/{row.ref}")
    assert "1 inchangée" in await text_of(administrator, await upload(administrator, body))
