"""What an import asks before it goes on: titles, a source, one answer for many rows, what is too heavy."""

import html
import json
import re
from uuid import uuid4

import pytest

from services.partners.import_reading import MOST_BYTES
from tests.partners.import_pages_world import apply, found, lines, name, post, rows, text_of, upload


@pytest.fixture
async def administrator(world):
    return await world.as_account(role="administrator")


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
