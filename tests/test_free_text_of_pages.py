"""Every field of every page in which somebody can write is watched, or is on a list with the reason why it is not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import services
from services.intake.free_text import FIELDS
from tests.conftest import Running
from tests.journey.story import in_days, login, ref_of

ROOT = Path(services.__file__).parent
# A macro's first argument, or the name of a plain field. A field without a type takes text too.
_MACRO = re.compile(r"\btext(?:area|_field)\(\s*([^,]+?)\s*,")
_PLAIN = re.compile(r"<(?:textarea|input(?![^>]*type=\"(?!text|search)))\b([^>]*)>")
_NAME = re.compile(r'name="([^"]*)"')
# Fields that take no sentence: a code, a number, a date, an hour, an address, a secret, a search that is never kept.
CODES = {
    "file_number", "reference", "code", "token", "pin", "pin_again", "password", "email", "siret", "children",
    "birth_date", "safe_from", "safe_until", "quiet_from", "quiet_until", "q", "mots", "source",
}  # fmt: skip
# By template: what is written there, and why nobody accompanied is in it or who watches it.
ELSEWHERE = {
    ("partners/action.html", "field.name"): "the desk's question goes to intake by `WriteNote`, which watches `text`",
    ("partners/convention.html", "reason"): "watched for a NIR by `conventions`; a decision of the territory",
    ("partners/conventions.html", "reason"): "the same",
    ("partners/desk.html", "name"): "the name of one's own saved view, shown to nobody else",
    ("partners/account.html", "name"): "the name of one's own key",
    ("partners/setup.html", "name"): "the first professional's own name",
    ("partners/setup.html", "organisation"): "the name of the first organisation",
    ("partners/directory_form.html", "field.name"): "the directory: organisations, desks and professionals",
    ("partners/import_preview.html", "id"): "a cell of the directory's own file, put right",
    ("partners/components.html", "exemple_nom"): "the page of examples: nothing is sent",
    ("partners/components.html", "exemple_tel"): "the same",
    ("partners/components.html", "exemple_texte"): "the same",
    ("referral/ladder_change.html", "one.name"): "numbers of days",
    ("intake/notices_draft.html", "body"): "a text for everybody, read over before it is published",
}
PREFIXED = {'"message_" ~ part.right': "message"}


def written_fields(folder: Path = ROOT) -> Iterator[tuple[str, str]]:
    """(service/template, name or expression) of every field for text."""
    for page in sorted(folder.glob("*/templates/**/*.html")):
        text = re.sub(r"{#.*?#}", "", page.read_text("utf-8"), flags=re.S)
        where = f"{page.relative_to(folder).parts[0]}/{page.name}"
        for found in _MACRO.finditer(text):
            yield where, found[1].strip('"') if re.fullmatch(r'"\w+"', found[1]) else found[1]
        for found in _PLAIN.finditer(text):
            name = _NAME.search(found[1])
            if name and "hidden" not in found[1]:
                yield where, name[1].strip("{} ")


def unwatched(fields: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that nobody watches and that nobody has explained."""
    return [
        (where, name)
        for where, name in fields
        if not (where.startswith("intake/") and PREFIXED.get(name, name) in FIELDS)
        and name not in CODES
        and (where, name) not in ELSEWHERE
    ]


def test_every_field_in_which_somebody_can_write_is_watched_or_explained() -> None:
    found = set(written_fields())
    assert len(found) > 60
    assert unwatched(iter(sorted(found))) == []
    assert set(ELSEWHERE) - found == set() and CODES - {name for _, name in found} == set(), "and no line is left over"


@pytest.mark.parametrize(
    "field",
    ['{{ textarea("remark", "Une remarque", typed.remark) }}', '<textarea name="remark" rows="3"></textarea>',
     '<input class="x" name="remark">', '<input type="text" name="remark">',
     '{{ text_field( "remark" , "Remarque") }}'],
)  # fmt: skip
def test_a_new_field_is_noticed_however_it_is_written(tmp_path: Path, field: str) -> None:
    page = tmp_path / "intake" / "templates" / "sub" / "new.html"
    page.parent.mkdir(parents=True)
    page.write_text(f"<form>{field}</form>", "utf-8")
    assert unwatched(written_fields(tmp_path)) == [("intake/new.html", "remark")]


async def test_the_reason_of_a_circuit_or_a_convention_holds_nobodys_number_or_health(relais: Running) -> None:
    dpo = await relais.sign_in(login(28))
    number = "2 69 05 49 588 157 80"
    circuit = {"basis": "person_agreement", "purposes": ["open_right"], "action": "validate"}
    refused = await dpo.post("/circuits/ccas/caf", data={**circuit, "why": f"Comme pour {number}"})
    assert refused.status_code == 422 and 'id="why-error"' in refused.text
    asked = await dpo.post("/circuits/ccas/caf", data={**circuit, "why": "Sa fille Léa est diabétique"})
    assert asked.status_code == 422 and 'name="confirmed" value="why"' in asked.text and "diabétique" in asked.text
    assert "Valider cette version" in asked.text, "and what was decided is still to be confirmed"
    convention = f"/reseau/conventions/{ref_of('convention', 'caf')}"
    refused = await dpo.post(convention, data={"ends": in_days(400), "reason": f"Comme pour {number}"})
    assert refused.status_code == 422 and 'id="reason-error"' in refused.text
    async with relais.service("intake").database.worker() as work:
        assert (await work.execute("SELECT count(*) FROM intake.routedecision")).scalar() == 0
