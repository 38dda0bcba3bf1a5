"""A person's own page in her language: every fixed word is there in each, and what is not is marked as French."""

import re
from pathlib import Path

import pytest

import services.intake
from contracts.dossier import Dossier
from contracts.vocabulary import Purpose
from services.intake import own_page_words as words
from services.intake.own_page_languages import FRENCH, NAMES, Tongue, texts, tongue
from services.intake.web_own_page_door import _DOES_NOT_OPEN as DOES_NOT_OPEN
from services.runtime.web import forms
from tests.conftest import Running
from tests.intake.people_world import People, a_desk, referent
from tests.intake.test_own_page import opened

TEMPLATES = Path(services.intake.__file__).with_name("templates") / "own_page" / "fr"
OTHERS = [code for code in NAMES if code != FRENCH]
_SAID = re.compile(r'\bt\("((?:[^"\\]|\\.)*)"')
_NAMES = re.compile(r"{\w+}")


def sentences() -> set[str]:
    """Every fixed sentence: of the templates, and of the words that the page takes from lists."""
    found = {"jusqu’au {day}", "{day} à {hour}", DOES_NOT_OPEN, forms._SENTENCES["missing"], forms._SENTENCES["enum"]}
    for page in TEMPLATES.glob("*.html"):
        raw = _SAID.findall(page.read_text("utf-8"))
        found |= {one.replace("\\u202f", "\u202f") for one in raw}
    found |= {*words._STATES.values(), *words._OUTCOMES.values(), *words._TURNS.values(), *words._REQUESTS.values()}
    found |= {text for pair in words.ASKED.values() for text in pair}
    found |= {words.FOR_HER.get(str(one.title), str(one.title)) for one in Dossier.model_fields.values()}
    return found | {one.label for one in Purpose}


@pytest.mark.parametrize("code", OTHERS)
def test_every_fixed_word_is_said_in_each_language_with_the_same_names_in_it(code: str) -> None:
    wanted, there = sentences(), texts(code)
    assert len(wanted) > 100
    assert sorted(wanted - set(there)) == [] and sorted(set(there) - wanted) == []
    for french, said in there.items():
        assert sorted(_NAMES.findall(french)) == sorted(_NAMES.findall(said)), french
        assert said.strip() and (said != french or len(french) < 20)


def test_what_is_not_translated_is_marked_as_french_and_nothing_is_markup_by_accident() -> None:
    english = tongue("en")
    assert english("Phrase nouvelle") == '<span lang="fr" dir="ltr">Phrase nouvelle</span>'
    assert "&lt;b&gt;" in english("{name}, qui a vu quoi", name="<b>")
    assert tongue("xx").code == FRENCH and Tongue("ar").direction == "rtl"


@pytest.mark.parametrize("code", NAMES)
async def test_the_door_is_in_the_language_that_was_chosen_and_stays_so(relais: Running, code: str) -> None:
    visitor = relais.nobody()
    first = await visitor.get(f"/moi?langue={code}")
    direction = "rtl" if code == "ar" else "ltr"
    for page in (first, await visitor.get("/moi"), await visitor.post("/moi", data={"reference": "x", "code": "1"})):
        assert f'<div class="own" lang="{code}" dir="{direction}">' in page.text
        assert str(tongue(code)("Ouvrir ma page")) in page.text
        for other, name in NAMES.items():
            assert f'lang="{other}"' in page.text and name in page.text
    unknown = await relais.nobody().get("/moi?langue=../../en")
    assert 'lang="fr" dir="ltr"' in unknown.text and "relais_moi_langue" not in unknown.headers.get("set-cookie", "")


@pytest.mark.parametrize("code", OTHERS)
async def test_her_pages_have_no_french_word_that_is_not_marked_as_such(people: People, code: str) -> None:
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer, last_name="Brindamour", civility="mme")
    grant = await people.agree(viewer, person, desk)
    await people.hand_over(viewer, person, grant, desk, "sent")
    browser = await opened(people, viewer, person)
    await browser.get(f"/moi?langue={code}")
    for page in ("/moi/page", f"/moi/accords/{grant}", "/moi/demande", "/moi/evaluation"):
        answer = await browser.get(page)
        assert answer.status_code == 200, page
        own = answer.text[answer.text.index('<div class="own"') : answer.text.index("</main>")]
        bare = re.sub(r'<span lang="fr"[^>]*>.*?</span>|<span class="sr">.*?</span>', " ", own, flags=re.S)
        for french in sorted(sentences(), key=len, reverse=True):
            if len(french) > 12 and "{" not in french and texts(code)[french] != french:
                assert french not in bare, (page, french)
        assert f'lang="{code}"' in own
    paper = await (await people.client(viewer)).get(f"/personnes/{person}/sa-page/papier")
    assert '<div class="own" lang="fr" dir="ltr">' in paper.text, "on paper it is in the language of her file"
