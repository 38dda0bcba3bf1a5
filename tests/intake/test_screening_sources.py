"""Each rule of the screening names the text it rests on, and whether somebody compared both."""

import re
from datetime import date
from pathlib import Path
from uuid import uuid4

from services.intake.appointment_guide import RIGHTS, page_of, pages_of
from services.intake.screening import Rule, Screening
from services.intake.screening_file import read_screening
from tests.intake.people_world import People, referent, text_of

SHIPPED = read_screening()
DOCUMENT = Path(__file__).parents[2] / "docs" / "screening.md"
OF_THE_LAW = re.compile(r"^(?:Code d|Loi n° )[^,]+.*, articles? ")


def test_every_rule_names_an_article_and_a_day_when_somebody_compared_both():
    for rule in SHIPPED.rule:
        assert OF_THE_LAW.match(rule.source), rule.source
        assert rule.checked is None or date(2026, 11, 1) <= rule.checked <= date.today(), rule.right


def test_the_document_says_how_many_rules_were_compared_and_names_the_others():
    said = DOCUMENT.read_text("utf-8")
    assert f"{SHIPPED.compared} of {len(SHIPPED.rule)} rules" in said
    waiting = {rule.right for rule in SHIPPED.rule if rule.checked is None}
    named = re.search(r"Not compared yet: ([^.]*)\.", said)
    assert named and set(re.findall(r"`(\w+)`", named[1])) == waiting


def test_a_text_on_which_two_rules_rest_is_compared_when_both_are():
    def screening(*days: date | None) -> Screening:
        rules = tuple(
            Rule(right="rsa", ground="resources", reason="une raison", source="Un texte, article 1", checked=day,
                 question="age", among=("25_59",))
            for day in days
        )  # fmt: skip
        return SHIPPED.model_copy(update={"rule": rules})

    day = date(2026, 11, 22)
    assert screening(day, day).compared_on("Un texte, article 1") == day
    assert screening(day, None).compared_on("Un texte, article 1") is None
    assert screening(day).compared_on("Un autre texte") is None


async def test_the_page_says_of_each_right_whether_its_rule_was_compared(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    client, before = await people.client(viewer), page_of(pages_of(SHIPPED), RIGHTS, -1)
    said = {"q_age": "25_59", "q_bills": "rent", "q_resources_band": "none", "q_employment": "employed"}
    page = await client.post(
        f"/personnes/{person}/rendez-vous",
        data={"command_id": str(uuid4()), "page": before.code, "action": "next", **said},
    )
    seen = text_of(page.text)
    assert "article L.123-5, pas encore comparé au texte." in seen, "the rule of the optional help"
    assert "articles L.842-1 et L.842-2, comparé le 22/11/2026." in seen
    assert f"{SHIPPED.compared} règles sur {len(SHIPPED.rule)} ont été comparées à leur texte" in seen
