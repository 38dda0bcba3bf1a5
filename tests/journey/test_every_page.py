"""Every page of every role, on a phone and on a desk, in light and in dark: readable by everybody (WCAG 2.2 AA),
nothing beside the page, nothing refused by the content security policy; and, for `./relais screenshots`, a picture of
each, to be looked at.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import ConsoleMessage, Page

from tests.conftest import Running
from tests.journey import story
from tests.journey.comfort import discomforts
from tests.journey.pages import Seat
from tests.journey.story import AGENT, MANAGER, REFERENT, SOCIAL
from tests.journey.territory import HERS, Territory, imagined, make_territory
from tests.test_entitlement import rows, shape

ROOT = Path(__file__).parents[2]
AXE = ROOT / "assets" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What a width or a scheme can change is checked in all four; the rest of axe once a width.
VIEWS = ((390, "light", TAGS), (390, "dark", None), (1200, "dark", TAGS), (1200, "light", None))
HEIGHTS = {390: 844, 1200: 900}
# What one lives in: also at 400 % with spaced letters, without motion and in forced colours.
LIVED_IN = {
    "connexion", "introuvable", "accessibilite", "moi", "aujourdhui", "rencontre-en-une-fois", "personnes", "personne",
    "personne-nom-long", "accord", "confier-1", "confier-3", "orientations-guichet", "orientation-suivie", "bureau",
    "guichet-urgent", "guichet-acknowledge", "bureau-responsable", "reglages", "tableau", "tableau-bloquees",
    "rappels", "demandes", "journal", "circuits", "annuaire", "reseau", "aide", "trois-choses", "compte",
}  # fmt: skip
DOCS = {
    ("bureau", 1200, "light"): "bureau-1200-light.png",
    ("orientation-suivie", 390, "dark"): "orientation-390-dark.png",
}
# Before a page that stands at the end of a gesture: the form of the page before it.
FIRST = {"compte-code": ("/compte/mot-de-passe", {"password": "une péniche verte sous quatre lunes"})}
# The pages that answer with something else than 200: what is not there, not hers, or no more possible.
ANSWERS = {"introuvable": 404, "moi-introuvable": 404, "refuse": 403, "guichet-trop-tard": 409}
PERMANENCE = story.ref_of("permanence", "caf", "Centre social du Bas-Port")
# What a browser is answered that is no page to look at here: the shape of the address, and why.
NO_PAGE = {
    r"/(livez|readyz|metrics)": "for machines",
    r"/api/.*": "for programs",
    r"/.*/flux": "an event stream",
    r"/avis/nombre": "the number in the bell",
    r"/.*\.(csv|ics|js|json|pdf)": "a file",
    r"/.*/recu\.html": "a file that opens without Relais: tests/intake/test_consent_papers.py",
    r"/ouvert/\{\}/\{\}": "a file of the open data",
    r"/tableau/(rapport/\{\}|donnees)/\{\}": "a file of the board",
    r"/tableau/comparaison/fichier": "a file of the board",
    r"/": "leads to the page of one's role",
    r"/connexion/proconnect(/retour|/fin)?": "leads to the provider and back: tests/partners/test_proconnect.py",
    r"/installation": "an empty installation alone has it: tests/partners/test_first_start.py",
}
_RUN_AXE = """(tags) => axe.run(document, tags
  ? {runOnly: tags, resultTypes: ["violations"]}
  : {runOnly: {type: "rule", values: ["color-contrast"]}, resultTypes: ["violations"]})
  .then(found => found.violations.map(
    one => one.id + " " + one.nodes.map(node => node.target.join(" ")).join(" | ")))"""
_BESIDE = """() => {
  const width = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > width) {
    for (const part of document.body.querySelectorAll("*")) {
      const box = part.getBoundingClientRect();
      if (box.right > width + 1 && box.width) found.push(part.tagName + "." + part.className);
    }
  }
  return found.slice(0, 5);
}"""
# How far what stood already was moved while the page came: a share of the view (Layout Instability, W3C WICG).
_MOVED = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value; })
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 30);
})"""


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where the pictures go: RELAIS_SCREENSHOTS. Without it none is made: they are a third of the time."""
    folder = os.environ.get("RELAIS_SCREENSHOTS")
    if folder is None:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)


@pytest.fixture(scope="module")
async def territory(relais: Running, cleared_desk: None) -> Territory:
    """People and referrals in the states that pages can show; made after the desk was cleared, which declines."""
    return await make_territory(relais)


def addresses(role: str, made: Territory) -> dict[str, str]:
    """Every page of a role by the name of its picture."""
    who, ref = made.people, made.referrals
    network = {"reseau": "/reseau", "aide": "/aide", "trois-choses": "/aide/trois-choses"}
    if role == "nobody":
        return {
            "connexion": "/connexion", "code": "/connexion/code", "connexion-mot-de-passe": "/connexion/mot-de-passe",
            "accessibilite": "/accessibilite", "composants": "/composants",
            "courrier": "/courrier", "courrier-message": f"/courrier/{made.found['mail']}",
            "introuvable": "/nulle/part",
            "notice": "/notices/ar-2026-11", "moi": "/moi", "moi-arabe": "/moi?langue=ar",
            "moi-adresse": "/moi/r/K7M2P4QX", "moi-introuvable": "/moi/nulle-part?langue=ar",
            "desabonnement": f"/avis/desabonnement/{made.found['token']}",
            "demonstration-neuve": "/connexion/demonstration/neuve",
            "connexion-depart": "/connexion/depart",  # the last: it goes on by itself, and would break off the next
        }  # fmt: skip
    if role == "referent":
        here = f"/personnes/{who['sent']}"
        ready = f"{SOCIAL}.{story.people()[AGENT].ref}"
        return {
            "compte": "/compte", "compte-mot-de-passe": "/compte/mot-de-passe",
            "compte-code": "/compte/mot-de-passe/code", "motif": f"/personnes/{who['colleague']}/motif",
            "aujourdhui": "/aujourdhui", "rencontre-en-une-fois": "/rencontre",
            "hors-ligne": "/rencontre/hors-ligne", "personnes": "/personnes", "personnes-filtre-vide":
            "/personnes?filtre=accord-bientot-fini", "personne-nouvelle": "/personnes/nouvelle", "personne": here,
            "sa-page": f"{here}/sa-page", "sa-page-papier": f"{here}/sa-page/papier",
            "evaluation": f"{here}/evaluation", "doublons": "/personnes/doublons",
            "doublon-de": f"/personnes/{who['new']}/doublons",
            "doublon": f"/personnes/{who['new']}/doublon/{who['closed']}",
            "reunion-defaire": f"/personnes/{who['merged']}/reunions/{made.found['merge']}/defaire",
            "confier-resultat": f"/personnes/{who['closed']}/confier/resultat/{made.found['result']}?droit=apl",
            "personne-nom-long": f"/personnes/{who['urgent']}", "personne-debut": f"/personnes/{who['new']}",
            "personne-accord-retire": f"/personnes/{who['withdrawn']}", "rencontre": f"{here}/rencontre",
            "situation": f"{here}/situation", "corriger": f"{here}/corriger", "joindre": f"{here}/joindre",
            "demandes-personne": f"/personnes/{who['declined']}/demandes", "accord": f"{here}/accord",
            "accord-sans-droit": f"/personnes/{who['new']}/accord", "retrait": f"{here}/accords/{made.grant}/retrait",
            "accord-en-arabe": f"{here}/accord?langue=ar", "accord-page": f"{here}/accords/{made.grant}",
            "accord-reduire": f"{here}/accords/{made.grant}/reduire",
            "accord-recu": f"{here}/accords/{made.grant}/recu",
            "bilan": f"{here}/bilan", "rendez-vous": f"{here}/rendez-vous", "resume": f"{here}/resume",
            "lettre": f"/orientations/{ref['sent']}/lettre",
            "lettre-ar": f"/orientations/{ref['sent']}/lettre?langue=ar",
            "confier-1": f"{here}/confier", "confier-1-vide": f"/personnes/{who['new']}/confier",
            "confier-plusieurs": f"/personnes/{who['new']}/confier?droit=rsa&droit=ppa",
            "rendez-vous-commun": f"/orientations/{ref['acknowledged']}/rendez-vous",
            "confier-2": f"{here}/confier?droit=apl", "confier-3": f"{here}/confier?droit=apl&chez={ready}",
            "confier-sans-accord": f"{here}/confier?droit=css", "confier-brouillon":
            f"{here}/confier?brouillon={made.draft}", "abandonner": f"/orientations/{made.draft}/abandonner",
            **{f"orientations-{tab}": f"/orientations?liste={tab}" for tab in
               ("guichet", "en-cours", "a-moi", "closes", "brouillons")},
            **{f"orientation-{state}": f"/orientations/{one}" for state, one in ref.items()},
            "orientation-suivie": f"/orientations/{ref['closed']}",
            "action-rappeler": f"/orientations/{ref['sent']}/recall",
            "action-repondre": f"/orientations/{ref['question']}/answer_information",
            "action-rouvrir": f"/orientations/{ref['declined']}/reopen",
            "action-confirmer": f"/orientations/{ref['closed']}/confirm_outcome",
            "action-contredire": f"/orientations/{ref['closed']}/contradict_outcome",
            "action-erreur": f"/orientations/{ref['sent']}/mark_in_error",
            "action-garder": f"/orientations/{ref['redirect']}/refuse_redirect",
            "refuse": "/bureau", "introuvable": f"/personnes/{ref['sent']}", "avis-referent": "/avis",
            "urgence": "/urgence", "absences": "/absences", **network,
        }  # fmt: skip
    if role == "desk_agent":
        actions = ("decline", "propose_redirect", "acknowledge")
        later = ("log_attempt", "request_information", "hold", "refuse_accompaniment", "close")
        return {
            "bureau": "/bureau", **{f"bureau-{tab}": f"/bureau?vue={tab}" for tab in ("attente", "en-cours", "closes")},
            "bureau-a-moi": "/bureau?a=moi", "aide-clavier": "/aide/clavier",
            "bureau-filtre": "/bureau?droit=rsa&urgentes=oui",
            "guichet-presence": f"/bureau/{ref['sent']}/presence", "avis": "/avis", "avis-reglages": "/avis/reglages",
            **{f"guichet-{state}": f"/bureau/{one}" for state, one in ref.items()},
            **{f"guichet-{one}": f"/bureau/{ref['sent']}/{one}" for one in actions},
            **{f"guichet-{one}": f"/bureau/{ref['acknowledged']}/{one}" for one in later},
            "guichet-rendez-vous": f"/bureau/{ref['acknowledged']}/rendez-vous",
            "guichet-effacement": f"/bureau/{ref['withdrawn']}/effacement",
            "guichet-reprendre": f"/bureau/{ref['question']}/resume", "guichet-trop-tard":
            f"/bureau/{ref['closed']}/decline", **network,
        }  # fmt: skip
    if role == "desk_manager":
        return {
            "bureau-responsable": "/bureau", "confier-plusieurs":
            f"/bureau/confier?o={ref['sent']}&o={ref['urgent']}", "confier-rien": "/bureau/confier",
            "guichet-responsable": f"/bureau/{ref['sent']}", "guichet-assign": f"/bureau/{ref['sent']}/assign",
            "reglages": "/bureau/reglages", "reglages-guichet": f"/bureau/reglages/{SOCIAL}",
            "reglages-permanence": f"/bureau/reglages/{SOCIAL}/permanence",
            "reglages-membre": "/bureau/reglages/membre",
            "membre-depart": f"/annuaire/membres/{story.people()[6].ref}/depart",
        }  # fmt: skip
    if role == "coordinator":
        times = {f"tableau-{one}": f"/tableau/temps/{one}" for one in ("tta", "ttr")}
        times |= {"tableau-liste": "/tableau/liste?quoi=retard", "ouvert": "/ouvert"}
        times |= {"tableau-ouvert": "/tableau/ouvert"}
        times |= {"tableau-comparaison": "/tableau/comparaison", "tableau-calendrier": "/tableau/calendrier"}
        times |= {
            "tableau-reperes": "/tableau/reperes",
            "tableau-bloquees": "/tableau/bloquees",
            "tableau-reperes-changer": "/tableau/reperes/changer",
        }
        times |= {"tableau-definitions": "/tableau/definitions", "tableau-rapport": "/tableau/rapport/2026-11"}
        one = {f"tableau-{state}": f"/tableau/orientations/{ref[state]}" for state in ("declined", "closed", "sent")}
        return {"tableau": "/tableau", "rappels": "/rappels", **times, **one, **network}
    if role == "administrator":
        caf, file = story.ref_of("organisation", "caf"), f"/annuaire/import/{made.found['import']}"
        return {
            "compte-moyens": "/compte/moyens", "annuaire": "/annuaire", "annuaire-organisme": f"/annuaire/{caf}",
            "annuaire-nouveau": "/annuaire/nouveau", "annuaire-modifier": f"/annuaire/{caf}/modifier",
            "annuaire-guichet-nouveau": f"/annuaire/{caf}/guichet",
            "annuaire-guichet": f"/annuaire/{caf}/guichets/{SOCIAL}",
            "annuaire-permanence-nouvelle": f"/annuaire/{caf}/permanence",
            "annuaire-permanence": f"/annuaire/permanences/{PERMANENCE}",
            "annuaire-membre-modifier": f"/annuaire/membres/{story.people()[6].ref}/modifier",
            "annuaire-importer": "/annuaire/import", "annuaire-import": file,
            "annuaire-import-colonnes": f"{file}/colonnes", "annuaire-import-ligne": f"{file}/lignes/2",
            "annuaire-inviter": f"/annuaire/{caf}/membre", "annuaire-depart": f"/annuaire/{caf}/depart",
            "annuaire-fiche": f"/annuaire/membres/{story.people()[6].ref}",
            "reseau-organisme": f"/reseau/organismes/{caf}", **network,
        }  # fmt: skip
    conventions = {
        "conventions": "/reseau/conventions",
        "convention": f"/reseau/conventions/{story.ref_of('convention', 'caf')}",
    }
    shared = {"circuits": "/circuits", "circuit": "/circuits/ccas/caf", "circuit-ferme": "/circuits/ccas/bailleur",
              "effacements": "/effacements", "effacement": f"/effacements/{made.found['erasure']}",
              **conventions}  # fmt: skip
    if role == "dpo":
        asked = {f"demande-{kind}": f"/demandes/{one}" for kind, one in made.requests.items()}
        dossier = f"/demandes/{made.requests['access']}/dossier"
        asked["demande-effacer"] = f"/demandes/{made.requests['erasure']}/effacer"
        asked |= {"demandes": "/demandes", "demandes-terminees": "/demandes?vue=terminees", "dossier": dossier,
                  "demande-nouvelle": "/demandes/nouvelle", "conservation": "/demandes/conservation"}  # fmt: skip
        return {"journal": "/journal", "journal-alertes": "/journal?vue=alertes", "notices": "/notices",
                "notice-brouillon": "/notices/brouillons/nouveau?langue=ar",
                "notice-gardee": f"/notices/brouillons/{made.found['notice']}",
                **asked, **shared, **network}  # fmt: skip
    return network


ROLES = {
    "nobody": None, "referent": REFERENT, "desk_agent": AGENT, "desk_manager": MANAGER, "coordinator": 27, "dpo": 28,
    "administrator": 29, "empty_desk": 10, "empty_referent": 4,
}  # fmt: skip
EMPTY = {
    "empty_desk": {"vide-bureau": "/bureau", "vide-bureau-closes": "/bureau?vue=closes"},
    "empty_referent": {
        "vide-aujourdhui": "/aujourdhui",
        "vide-personnes": "/personnes",
        "vide-orientations": "/orientations",
    },
}


def every_address(made: Territory) -> set[str]:
    """Every address that is looked at, by whomever."""
    shown = [one for role in ROLES for one in (EMPTY.get(role) or addresses(role, made)).values()]
    return {one.split("?")[0] for one in (*shown, *(one.format(grant="g", ref="r") for one in HERS.values()))}


def route_of(address: str, routes: list[str]) -> str | None:
    """Which of these shapes answers: the one with the fewest placeholders, as the routers are ordered."""
    found = [one for one in routes if re.fullmatch(re.sub(r"\\{\\}", "[^/]+", re.escape(one)), address)]
    return min(found, key=lambda one: one.count("{"), default=None)


def test_no_page_is_forgotten() -> None:
    """The table of who may do what has every route (tests/test_entitlement.py): each is looked at, or says why not."""
    routes = [shape(row.template) for row in rows() if row.method == "GET"]
    seen = {route_of(one, routes) for one in every_address(imagined())} - {None}
    excepted = {one: [why for why in NO_PAGE if re.fullmatch(why, one)] for one in routes}
    assert [one for one in routes if one not in seen and not excepted[one]] == [], "add them to `addresses`"
    assert [one for one in seen if excepted[one]] == [], "is looked at all the same"
    assert {why for found in excepted.values() for why in found} == set(NO_PAGE), "an exception for nothing"


@pytest.mark.parametrize("role", ROLES)
async def test_every_page_is_for_everybody(
    role: str, sit, relais: Running, territory: Territory, pictures: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relais.service("partners"), "start_anew", lambda: None)  # only its page is opened
    seat: Seat = await sit(ROLES[role])
    wrong: list[str] = []
    name = "start"

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 40" not in message.text:
            wrong.append(f"{name}: console: {message.text}")

    # The one page that goes on by itself stays to be looked at.
    await seat.page.route("**/connexion/proconnect/fin", lambda route: route.fulfill(status=204))
    seat.page.on("console", note)
    seat.page.on("pageerror", lambda error: wrong.append(f"{name}: script: {error}"))
    for name, address in (EMPTY.get(role) or addresses(role, territory)).items():
        await seat.page.set_viewport_size({"width": 390, "height": HEIGHTS[390]})
        if name in FIRST:
            before, form = FIRST[name]
            await seat.page.request.post(seat.base + before, form=form, headers={"sec-fetch-site": "same-origin"})
        answer = await seat.page.goto(seat.base + address)
        assert answer is not None and answer.status < 500, (address, answer and answer.status)
        if answer.request.redirected_from is not None or answer.status != ANSWERS.get(name, 200):
            wrong.append(f"{name}: {answer.status} at {seat.page.url}")
        if (moved := await seat.page.evaluate(_MOVED)) > 0.002:
            wrong.append(f"{name}: what stood there moved by {moved:.3f} while the page came")
        await seat.page.evaluate(AXE.read_text("utf-8"))
        wrong += [f"{name} {one}" for one in await look(seat.page, pictures and pictures / f"{role}-{name}", name)]
    assert wrong == []


async def test_what_this_test_looks_for_is_found(sit, tmp_path: Path) -> None:
    """The control: a field without a name, a pale text, a box that is too wide, a script of the page, something that
    moves, that cuts its text off, that has no edge, a focus nobody sees: all reported.
    """
    seat: Seat = await sit()
    refused: list[str] = []
    seat.page.on("console", lambda message: refused.append(message.text))
    await seat.open("/accessibilite")
    await seat.page.evaluate(
        """() => { const part = document.createElement("div"); part.innerHTML =
        "<input><p class='pale'>pâle</p><hr>"; document.querySelector("main").append(part);
        part.querySelector("p").style.color = "#cccccc"; part.querySelector("hr").style.width = "3000px";
        const script = document.createElement("script"); script.textContent = "1"; document.body.append(script); }"""
    )
    await seat.page.evaluate(AXE.read_text("utf-8"))
    found = "\n".join(await look(seat.page, tmp_path / "control", "control"))
    assert "390-light: label" in found
    assert "1200-light: color-contrast" in found
    assert "390-light: beside the page: HR" in found
    assert "Content Security Policy" in " ".join(refused)
    await seat.page.evaluate(
        """() => { const [box, chip] = [document.createElement("p"), document.createElement("a")];
        box.textContent = "incompréhensiblement";
        box.style.cssText = "width: 3em; overflow: hidden; overflow-wrap: normal";
        box.style.setProperty("transition-duration", "1s", "important");
        chip.className = "chip"; chip.textContent = "mot"; chip.style.border = "0";
        const rows = document.createElement("ul");
        rows.innerHTML = "<li class='row'><a class='ds-button' href='/a'>Ouvrir</a></li><li class='row'>"
          + "<a class='ds-button' href='/b'>Ouvrir</a></li><li><h4>Trop bas</h4></li>";
        document.querySelector("main").append(rows);
        document.querySelector("main").prepend(box, chip, document.createElement("nav"));
        document.querySelector("a.skip").style.outline = "none"; }"""
    )
    found = "\n".join(await discomforts(seat.page))
    for wrong in ("320 spaced: beside the page: HR", "320 spaced: cut off: P", "reduced motion: moves: P",
                  "no edge: A.chip", "landmarks: <nav>", "then <h4>",
                  "said of several: Ouvrir", "focus not seen: <a class=\"skip\""):  # fmt: skip
        assert wrong in found, found
    assert len(list(tmp_path.glob("control-*.png"))) == len(VIEWS)


async def look(page: Page, picture: Path | None, name: str) -> list[str]:
    """What is wrong with the open page in each of the four views; photographed where a picture is asked for."""
    found: list[str] = []
    for width, scheme, tags in VIEWS:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        await page.evaluate("document.fonts.ready")
        view = f"{width}-{scheme}"
        beside = await page.evaluate(_BESIDE)
        found += [f"{view}: beside the page: {one}" for one in beside]
        found += [f"{view}: {one}" for one in await page.evaluate(_RUN_AXE, tags)]
        if picture:
            await page.screenshot(path=f"{picture}-{view}.png", full_page=True)
        if os.environ.get("RELAIS_DOCS_SCREENSHOTS") == "1" and (name, width, scheme) in DOCS:
            folder = ROOT / "docs" / "screenshots"
            folder.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=folder / DOCS[name, width, scheme], full_page=False)
    return [*found, *(await discomforts(page) if name in LIVED_IN else ())]
