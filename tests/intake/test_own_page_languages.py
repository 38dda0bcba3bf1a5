"""A person's own page in her language: every fixed word is there in each, and what is not is marked as French."""

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from uuid import uuid4

import pytest
from babel.dates import format_date

import services.intake
import services.runtime.web.pages
from contracts.dossier import Dossier
from contracts.vocabulary import Purpose
from services.intake import own_page_refusals as refusals
from services.intake import own_page_words as words
from services.intake.journal_kinds import Reason
from services.intake.own_page_languages import FRENCH, NAMES, Tongue, texts, tongue
from services.runtime.web.pages import FLASHES
from tests.conftest import Running
from tests.intake.people_world import People, a_desk, referent
from tests.intake.test_own_page import opened

TEMPLATES = Path(services.intake.__file__).with_name("templates") / "own_page" / "fr"
SHELL = Path(services.runtime.web.pages.__file__).with_name("templates")
OTHERS = [code for code in NAMES if code != FRENCH]
_SAID = re.compile(r'\b(?:t|say)\("((?:[^"\\]|\\.)*)"')
_NAMES = re.compile(r"{\w+}")


def sentences() -> set[str]:
    """Every fixed sentence: of the templates, of the shell around them, of what is refused, and of the words that the
    page takes from lists.
    """
    found = {"jusqu’au {day}", "{day} à {hour}", *refusals.ALL, FLASHES["acted"][0], FLASHES["withdrawn"][0]}
    for page in (*TEMPLATES.glob("*.html"), SHELL / "base.html", SHELL / "macros" / "forms.html"):
        raw = _SAID.findall(page.read_text("utf-8"))
        found |= {one.replace("\\u202f", "\u202f") for one in raw}
    found |= {*words._STATES.values(), *words._OUTCOMES.values(), *words._TURNS.values(), *words._REQUESTS.values()}
    found |= {text for pair in words.ASKED.values() for text in pair}
    found |= {words.FOR_HER.get(str(one.title), str(one.title)) for one in Dossier.model_fields.values()}
    found |= {words.WORKED, *words.DONE_TO_HER.values()}
    return found | {one.label for one in (*Purpose, *Reason)}


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


class _Texts(HTMLParser):
    """What a page says: texts and spoken labels, without what is marked as French and without names of languages."""

    _EMPTY = frozenset({"meta", "link", "input", "br", "path", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        apart = tag in ("script", "style") or (tag in ("span", "a") and "lang" in given)
        if not apart and not self._apart():
            self.found += [said for name in ("aria-label", "title", "placeholder") if (said := given.get(name))]
        if tag not in self._EMPTY:
            self.open.append((tag, apart))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._apart():
            self.found.append(data)

    def _apart(self) -> bool:
        return any(apart for _, apart in self.open)


def strange(page: str, code: str, names: tuple[str, ...]) -> list[str]:
    """The texts of a page that are no sentence of that language, nor a part of one around a name."""
    parser = _Texts()
    parser.feed(page)
    said = [*texts(code).values(), *tongue(code).categories.values()]
    months = [format_date(date(2026, month, 1), "MMMM", locale=code) for month in range(1, 13)]
    known = sorted({part.strip() for one in (*said, *months, *names) for part in _NAMES.split(one)}, key=len)
    found = []
    for text in (re.sub(r"\s+", " ", one).strip() for one in parser.found):
        left = text
        for part in reversed(known):
            left = left.replace(part, " ") if len(part) > 2 else re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", " ", left)
        if re.search(r"[^\W\d_]", left):
            found.append(text)
    return found


@pytest.mark.parametrize("code", OTHERS)
async def test_every_text_of_every_page_of_hers_is_of_her_language(people: People, code: str) -> None:
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer, last_name="Brindamour", civility="mme")
    grant = await people.agree(viewer, person, desk)
    handover = await people.hand_over(viewer, person, grant, desk, "sent")
    async with people.service.database.worker() as work:
        await work.execute(
            "UPDATE handover SET state = 'closed', outcome = 'right_opened' WHERE person = :person", person=person
        )
    client = await people.client(viewer)
    for path in ("", "/situation", "/resume"):
        await client.get(f"/personnes/{person}{path}")
    browser = await opened(people, viewer, person)
    form = {"command_id": str(uuid4())}
    kept = {"change": "narrow", "categories": ["identity_min"], "rights": ["rsa"], "until": "2020-01-01"}
    asked = {**form, "kind": "access"}
    agreement, outcome = f"/moi/accords/{grant}", f"/moi/orientations/{handover}"
    shown = {
        "door": await browser.get(f"/moi?langue={code}"),
        "door, wrong": await browser.post("/moi", data={"reference": "x", "code": "1"}),
        "door, empty": await browser.post("/moi", data={}),
        "page": await browser.get("/moi/page"),
        "agreement": await browser.get(agreement),
        "agreement, empty": await browser.post(agreement, data=form),
        "agreement, too late": await browser.post(agreement, data={**form, **kept}),
        "agreement, nothing left": await browser.post(agreement, data={**form, "change": "narrow"}),
        "outcome": await browser.get(outcome),
        "outcome, nobody there": await browser.post(outcome, data={**form, "answer": "oui"}),
        "outcome, no answer": await browser.post(outcome, data={**form, "answer": "check"}),
        "request": await browser.get("/moi/demande"),
        "request, empty": await browser.post("/moi/demande", data=form),
        "request, number": await browser.post("/moi/demande", data={**asked, "words": "2 85 05 78 006 084 91"}),
        "request, long": await browser.post("/moi/demande", data={**asked, "words": "?! " * 200}),
        "evaluation": await browser.get("/moi/evaluation"),
        "evaluation, empty": await browser.post("/moi/evaluation", data=form),
        "unknown": await browser.get(f"/moi/accords/{uuid4()}"),
        "nowhere": await browser.get("/moi/nulle-part"),
        "elsewhere": await browser.post("/moi/demande", data=asked, headers={"sec-fetch-site": "cross-site"}),
    }
    taken = await browser.post("/moi/demande", data=asked)
    assert taken.status_code == 303
    shown["request, taken"] = await browser.get("/moi/page")
    await browser.post(agreement, data={**form, "change": "withdraw"})
    shown["withdrawn"] = await browser.get("/moi/page")
    names = ("Relais", desk.organisation_name, desk.desk_name, "RSA", "Revenu de solidarité active")
    wrong = {name: found for name, answer in shown.items() if (found := strange(answer.text, code, names))}
    assert wrong == {}
    assert [name for name, answer in shown.items() if f'<html lang="{code}"' not in answer.text] == []
    assert texts(code)["C’est noté."] in shown["request, taken"].text
    assert strange(shown["page"].text.replace(texts(code)["Toutes les dates"], "Toutes les dates"), code, names)
