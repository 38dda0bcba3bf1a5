"""A territory at work, for whoever looks at every page: made by the people of the demonstration, over HTTP."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from services.notify.sender import UNSUBSCRIBING
from services.notify.tokens import Tokens
from tests.conftest import Running, eventually
from tests.journey import story
from tests.journey.story import AGENT, REFERENT, SOCIAL, Someone, act, in_days, post, until_there

COLLEAGUE = 1
REQUESTS = ("access", "erasure", "limitation")
FOUND = ("import", "merge", "result", "notice", "erasure", "token", "mail")
# Her own pages, which `test_own_page_journey.py` opens with her code.
HERS = {
    "page": "/moi/page", "accord": "/moi/accords/{grant}", "demande": "/moi/demande", "evaluation": "/moi/evaluation",
    "orientation": "/moi/orientations/{ref}",
}  # fmt: skip


@dataclass
class Territory:
    """A territory at work: people and referrals in the states that pages can show; `found` holds what only a gesture
    gives (a merge, a draft, a token), by the names of FOUND.
    """

    people: dict[str, UUID] = field(default_factory=dict)
    referrals: dict[str, UUID] = field(default_factory=dict)
    grant: str = ""
    draft: str = ""
    requests: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)


# State: first name, last name, birth date, civility, right, how it is handed over, who comes with her.
FOLK = {
    "sent": ("Ambrine", "Quentavel", "1987-04-17", "mme", "rsa", "rdv_accompagne", "sa sœur"),
    "urgent": ("Marie-Philomène-Eulalie", "de la Haute-Bruyère-Quentaverne d’Essombray", "1962-11-02", "mme", "ppa",
               "appel_a_trois", ""),
    "acknowledged": ("Tibérien", "Morvaudan", "1999-06-30", "m", "rsa", "dossier_transmis", ""),
    "question": ("Octavielle", "Brisambre", "1979-01-08", "mme", "asf", "rdv_pris", "une bénévole"),
    "closed": ("Yseulte", "Dravenoy", "1994-09-12", "mme", "rsa", "appel_a_trois", ""),
    "declined": ("Corentin", "Falbrisse", "1971-03-23", "m", "rsa", "dossier_transmis", ""),
    "redirect": ("Solvène", "Hurteval", "2001-12-05", "mme", "apl", "rdv_accompagne", "sa mère"),
    "withdrawn": ("Gwendaline", "Vauxtiers", "1983-07-19", "mme", "ppa", "rdv_pris", ""),
}  # fmt: skip


async def make_territory(relais: Running) -> Territory:
    """Made by the people of the demonstration, over HTTP."""
    referent, agent = await relais.sign_in(story.login(REFERENT)), await relais.sign_in(story.login(AGENT))
    made = Territory()
    for state, (first_name, last_name, born, civility, right, mode, with_whom) in FOLK.items():
        who = Someone(first_name, last_name, born, more={"civility": civility})
        person = made.people[state] = await story.meet(referent, who)
        rights = dict.fromkeys((right, "apl"))
        await story.review(referent, person, *rights)
        await story.agree(referent, person, SOCIAL, *rights)
        more = {"urgent": "true"} if state == "urgent" else {}
        text = "Préfère un rendez-vous le matin, et ne pas tout raconter encore."
        made.referrals[state] = await story.confide(
            referent, person, right, mode=mode, accompanied_by=with_whom, message=text, **more
        )
    for number, kind in enumerate(REQUESTS):
        asked = {"kind": kind, "origin": "letter", "received_on": in_days(-20 * number), "words": "Je voudrais savoir."}
        made.requests[kind] = str(uuid4())
        form = {"command_id": made.requests[kind], **asked}
        await story.post(referent, f"/personnes/{made.people['declined']}/demandes", form)
    made.people["new"] = await story.meet(referent, Someone("Nolwenne", "Aubrecourt", phone="", postal_address=""))
    await answer_some(made, referent, agent)
    made.people["colleague"] = await story.meet(
        await relais.sign_in(story.login(COLLEAGUE)), Someone("Célimène", "Ravoisier")
    )
    await begin_import(made, await relais.sign_in(story.login(29)))
    kept = {"right": "apl", "chosen": f"{SOCIAL}.{story.people()[AGENT].ref}", "mode": "rdv_pris", "action": "keep"}
    await post(referent, f"/personnes/{made.people['sent']}/confier", {**kept, "message": "Plutôt le matin."})
    page = (await referent.get("/orientations?liste=brouillons")).text
    made.draft = re.search(r"brouillon=([0-9a-f-]{36})", page)[1]  # type: ignore[index]
    page = (await referent.get(f"/personnes/{made.people['sent']}")).text
    made.grant = re.search(r"/accords/([0-9a-f-]{36})/retrait", page)[1]  # type: ignore[index]
    await merge_two(made, referent)
    await send_in_one_go(made, referent)
    await find_the_officer_s(made, await relais.sign_in(story.login(28)))
    tokens = Tokens(relais.service("notify").servers.keys / "notify")
    made.found["token"] = tokens.seal(UNSUBSCRIBING, story.people()[AGENT].ref)
    box = (await relais.nobody().get("/courrier")).text
    made.found["mail"] = re.findall(r'data-key="/courrier/(\d+)"', box)[0]  # the oldest are let go
    return made


def imagined() -> Territory:
    """The same with references of nobody: for the addresses alone."""
    some = [str(uuid4()) for _ in range(4)]
    return Territory(
        {name: uuid4() for name in (*FOLK, "new", "colleague", "merged")}, {name: uuid4() for name in FOLK},
        some[0], some[1], dict.fromkeys(REQUESTS, some[2]), dict.fromkeys(FOUND, some[3]),
    )  # fmt: skip


async def begin_import(made: Territory, administrator: Any) -> None:
    """A file of organisations, read and not yet applied: a row in error, one that may be there already, a new one."""
    body = "nom;nature;siret;commune\nAide d’Essai;Mairie;12;Dol\nCaf de Valbrume;Caf;;Dol\nLe Bac;Association;;Dol\n"
    answer = await administrator.post("/annuaire/import", files={"file": ("annuaire.csv", body.encode())})
    made.found["import"] = answer.headers["location"].rsplit("/", 1)[-1]


async def merge_two(made: Territory, referent: Any) -> None:
    """Two files of one person, made one."""
    twice = Someone("Ludivine", "Sarrancolin", "1968-02-14")
    made.people["merged"], other = [await story.meet(referent, twice) for _ in range(2)]
    address = f"/personnes/{made.people['merged']}/doublon/{other}"
    shown = (await referent.get(address)).text
    seen = re.search(r'name="seen" value="([^"]*)"', shown)[1]  # type: ignore[index]
    await post(referent, address, {"seen": seen, "step": "reunir"})
    page = (await referent.get(f"/personnes/{made.people['merged']}")).text
    made.found["merge"] = re.search(r"/reunions/([0-9a-f-]{36})/defaire", page)[1]  # type: ignore[index]


async def send_in_one_go(made: Territory, referent: Any) -> None:
    """By the page of several rights: what became of each has a page."""
    lines = {"right": ["apl"], "chosen_apl": f"{SOCIAL}.{story.people()[AGENT].ref}", "mode_apl": "rdv_pris"}
    answer = await post(referent, f"/personnes/{made.people['closed']}/confier/plusieurs", lines)
    made.found["result"] = answer.headers["location"].split("?")[0].rsplit("/", 1)[-1]


async def find_the_officer_s(made: Territory, officer: Any) -> None:
    """A draft of a notice, and a request to erase that a desk was sent."""
    made.found["notice"] = str(uuid4())
    draft = {"language": "fr", "body": "# Une notice\n\nUne phrase.", "action": "keep"}
    await post(officer, f"/notices/brouillons/{made.found['notice']}", draft)

    async def asked() -> re.Match[str] | None:
        return re.search(r"/effacements/([0-9a-f-]{36})", (await officer.get("/effacements")).text)

    made.found["erasure"] = (await eventually(asked, within=30))[1]


async def answer_some(made: Territory, referent: Any, agent: Any) -> None:
    """The desk acknowledges, asks, closes, declines, and proposes another desk; a person withdraws."""
    found = made.referrals
    for state in ("acknowledged", "question", "closed"):
        await until_there(agent, found[state])
        await act(agent, found[state], "acknowledge", promised_for=in_days(2))
    await act(agent, found["question"], "log_attempt", channel="phone", result="no_answer")
    await act(agent, found["question"], "request_information", question="Quels jours ?", resume_on=in_days(6))
    await act(agent, found["closed"], "log_attempt", channel="phone", result="reached")
    await act(agent, found["closed"], "close", outcome="right_opened", date_of_effect=in_days(-3))
    await until_there(agent, found["redirect"])
    await act(agent, found["declined"], "decline", reason="no_capacity")
    await act(agent, found["redirect"], "propose_redirect", to_desk=str(story.ref_of("desk", "msa", "agricole")))
    await until_there(agent, found["withdrawn"])  # read there, so that the desk is asked to erase it
    page = (await referent.get(f"/personnes/{made.people['withdrawn']}")).text
    address = re.search(r"/personnes/[0-9a-f-]{36}/accords/[0-9a-f-]{36}/retrait", page)[0]  # type: ignore[index]
    await post(referent, address, {})
