"""The DPO's page of the journal: who did what with whose data, in plain sentences; alerts, and the state of the chain.

A file number is sent by POST, never in an address. Reading the journal is itself an entry.
"""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.dossier import Category
from contracts.envelope import Frozen
from contracts.refusals import every_refusal
from contracts.replies import Network
from contracts.viewer import Viewer
from services.intake import journal, journal_sealing, journal_search, journal_verify
from services.intake.journal_kinds import PERSON_HERSELF, Kind, Reason, Thing
from services.intake.journal_search import Wanted
from services.intake.officer import reading
from services.intake.web import DPO, typed_in
from services.intake.web_referrals import network_of
from services.runtime.web import forms
from services.runtime.web.dates import day, exact, when
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
VIEWS = {"tout": "Tout", "hors-suivi": "Hors de son suivi", "echantillon": "Échantillon du mois", "alertes": "Alertes"}
_REFUSED = {
    Kind.DISCLOSED: "a voulu lire ce qui est partagé",
    Kind.READ_FILE: "a voulu ouvrir le dossier",
    Kind.HANDED_OVER: "a voulu confier la personne",
}
_FIELDS = ("file_number", "account", "organisation", "kind", "first_day", "last_day")


class SearchForm(Frozen):
    """What the DPO looks for; all facultative."""

    file_number: str = ""
    account: UUID | None = None
    organisation: UUID | None = None
    kind: Kind | None = None
    first_day: date | None = None
    last_day: date | None = None
    page: int = 1


@pages.get("/journal", DPO)
async def show(request: Request, viewer: Asking, vue: str = "tout", page: int = 1) -> Response:
    """The newest entries, those outside somebody's caseload, the sample of the month, or the alerts."""
    here, page = vue if vue in VIEWS else "tout", max(1, min(page, 10_000))
    alerts: list[Any] = []
    rows: list[Any] = []
    more = False
    async with reading(request, viewer) as work:
        if here == "alertes":
            alerts = await journal_search.alerts(viewer, work)
        elif here == "echantillon":
            rows = await journal_search.sample_of_month(viewer, work)
        else:
            rows, more = await journal_search.search(viewer, work, Wanted(outside=here == "hors-suivi"), page)
        await journal.record(work, viewer, Kind.JOURNAL_READ, object=Thing.JOURNAL)
    following = f"/journal?vue={here}&page={page + 1}" if more else None
    return await _page(request, viewer, rows, here=here, following=following, alerts=alerts)


@pages.post("/journal", DPO)
async def search(request: Request, viewer: Asking) -> Response:
    """What was looked for. By POST: no file number in an address."""
    sent = await request.form()
    form, errors = forms.read(SearchForm, sent)
    typed = typed_in(sent)
    if form is None:
        return await _page(request, viewer, [], typed=typed, errors=errors, status=422)
    people, number = None, form.file_number.strip().upper()
    if number:
        async with reading(request, viewer) as work:
            people = await journal_search.refs_of_number(work, number)
    wanted = Wanted(people, form.account, form.organisation, form.kind, form.first_day, form.last_day)
    async with reading(request, viewer) as work:
        rows, more = await journal_search.search(viewer, work, wanted, max(1, form.page))
        await journal.record(work, viewer, Kind.JOURNAL_READ, object=Thing.JOURNAL, people=people or ())
    onward = form.page + 1 if more else None
    return await _page(request, viewer, rows, typed=typed, searched=True, next_page=onward)


@pages.post("/journal/verification", DPO)
async def check(request: Request, viewer: Asking) -> Response:
    """Check the whole chain now, and show what was found."""
    service = service_of(request)
    async with service.database.web(viewer) as work:
        await journal.record(work, viewer, Kind.JOURNAL_READ, object=Thing.JOURNAL)
    await journal_sealing.seal_all(service)
    await journal_verify.check_and_note(service, journal_sealing.key_of(service), service.settings.journal_copy)
    return redirect("/journal", "acted")


async def _page(
    request: Request,
    viewer: Viewer,
    rows: list[Any],
    *,
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
    **context: Any,  # noqa: ANN401 - what the template takes
) -> Response:
    network = await network_of(request)
    async with reading(request, viewer) as work:
        numbers = await journal_search.numbers_of(work, {row.person for row in rows if row.person})
        chain = await journal_search.state_of_chain(viewer, work)
    here = context.pop("here", "tout")
    known = Known(network, numbers)
    defaults = {"searched": False, "following": None, "next_page": None, "alerts": []}
    shown = {**defaults, **context}
    shown["alerts"] = [alert_words(row, known) for row in shown["alerts"]]
    response: Response = request.app.state.pages.render(
        request,
        "journal.html",
        status=status,
        viewer=viewer,
        here=here,
        tabs=[{"href": f"/journal?vue={key}", "label": text, "current": key == here} for key, text in VIEWS.items()],
        rows=[entry_words(row, known) for row in rows],
        typed={**dict.fromkeys(_FIELDS, ""), **(typed or {})},
        errors=errors or {},
        options=_options(network),
        chain=chain_words(chain),
        **shown,
    )
    return response


def _options(network: Network | None) -> dict[str, list[tuple[str, str]]]:
    def sorted_names(names: dict[UUID, str]) -> list[tuple[str, str]]:
        return sorted(((str(ref), name) for ref, name in names.items()), key=lambda one: one[1])

    return {
        "accounts": sorted_names(network.accounts if network else {}),
        "organisations": sorted_names(network.organisations if network else {}),
        "kinds": [(one.value, one.label[0].upper() + one.label[1:]) for one in Kind],
    }


class Known:
    """The names by which references are said: professionals, organisations, desks; and file numbers."""

    def __init__(self, network: Network | None, numbers: dict[UUID, str]) -> None:
        self.network, self.numbers = network, numbers

    def account(self, ref: UUID) -> str:
        """A professional."""
        return self.network.accounts.get(ref, "Un ancien compte") if self.network else "Un compte"

    def organisation(self, ref: UUID | None) -> str | None:
        """An organisation, or None."""
        return self.network.organisations.get(ref) if self.network and ref else None

    def desk(self, ref: UUID | None) -> str | None:
        """A desk, or None."""
        return self.network.desks.get(ref) if self.network and ref else None


def entry_words(row: Any, known: Known) -> dict[str, Any]:  # noqa: ANN401 - a row of the journal
    """One entry as a sentence and its details."""
    kind = Kind(row.kind)
    verb = _REFUSED.get(kind, "a essayé, sans l’obtenir") if row.outcome == "refused" else kind.label
    details = [
        _of_whom(row, known),
        f"guichet {known.desk(row.desk)}" if known.desk(row.desk) else None,
        ", ".join(one.label for one in Category if one.value in row.categories) or None,
        f"raison\u202f: {Reason(row.reason).label}" if row.reason in set(Reason) else None,
        str(every_refusal()[row.refusal].sentence) if row.refusal in every_refusal() else row.refusal,
    ]
    return {
        "sentence": f"{_actor(row, known)} {verb}.",
        "details": [one for one in details if one],
        "at_text": when(row.at),
        "at_iso": row.at.isoformat(),
        "at_exact": exact(row.at),
        "refused": row.outcome == "refused",
        "outside": kind is Kind.READ_FILE and row.reason is not None,
    }


def _actor(row: Any, known: Known) -> str:  # noqa: ANN401 - a row of the journal
    if row.actor_kind == PERSON_HERSELF:
        return "La personne elle-même"
    if not row.viewer.int:
        return "Relais"
    name, organisation = known.account(row.viewer), known.organisation(row.viewer_organisation)
    return f"{name} ({organisation})" if organisation else name


def _of_whom(row: Any, known: Known) -> str | None:  # noqa: ANN401 - a row of the journal
    if row.person:
        return f"dossier {known.numbers.get(row.person, 'effacé depuis')}"
    if row.object == Thing.PEOPLE:
        count = len(row.people)
        return f"{count} personne{'s' if count > 1 else ''} dans la liste"
    return None


def alert_words(row: Any, known: Known) -> dict[str, str]:  # noqa: ANN401 - a row of the alerts
    """One alert as a sentence."""
    who, where = known.account(row.account), known.organisation(row.organisation)
    return {
        "sentence": f"{who}{f' ({where})' if where else ''} a ouvert {row.opened} dossiers de collègues.",
        "at_text": day(row.day),
        "at_iso": row.day.isoformat(),
    }


def chain_words(chain: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the state of the chain
    """The state of the chain as (label, value) pairs, and whether something is wrong."""
    found = "à voir" if chain.problem else "rien à signaler"
    checked = f"{when(chain.checked_at)}, {found}" if chain.checked_at else "pas encore"
    return {
        "problem": chain.problem,
        "sentence": f"{chain.sealed or 0} entrées scellées, vérification\u202f: {checked}.",
        "facts": [
            ("Entrées scellées", str(chain.sealed or 0)),
            ("Dernière tête signée", when(chain.head_at) if chain.head_at else "pas encore"),
            ("Dernière vérification", checked),
        ],
    }
