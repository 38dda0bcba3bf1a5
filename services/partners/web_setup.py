"""The page of the first start: an organisation, its administrator, and the token that the terminal shows."""

from uuid import UUID

from fastapi import Request
from pydantic import Field, field_validator
from starlette.responses import Response

from contracts.refusals import NotFound, Refusal
from contracts.vocabulary import OrganisationKind
from services.partners import first_start
from services.partners.directory_commands import siret_of
from services.partners.entering import enter, visit_of
from services.partners.sign_in import too_many
from services.partners.sign_in_limits import spend
from services.partners.sign_in_rules import TRIES_BY_NETWORK, Method
from services.partners.web import Address
from services.runtime.web.forms import read
from services.runtime.web.guard import OPEN, Pages, service_of

pages = Pages()


class Installation(Address):
    """The form of the first start."""

    token: str = Field(min_length=1, max_length=100)
    organisation: str = Field(min_length=1, max_length=120)
    kind: OrganisationKind
    siret: str | None = Field(None, max_length=20)
    name: str = Field(min_length=1, max_length=120)

    @field_validator("siret")
    @classmethod
    def fourteen_digits(cls, value: str | None) -> str | None:
        """Its digits, with the check that INSEE gives them."""
        return siret_of(value, "Ce SIRET n’existe pas\u202f: il a 14 chiffres, dont une clé de contrôle.")


@pages.get("/installation", OPEN)
async def show_installation(request: Request) -> Response:
    """Only while nobody has an account; afterwards the page does not exist."""
    await _check_empty(request)
    return _page(request, {}, {})


@pages.post("/installation", OPEN)
async def install(request: Request) -> Response:
    """Make the first organisation and administrator, signed in and led to her means of signing in."""
    await _check_empty(request)
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in ("organisation", "kind", "siret", "name", "email")}
    given, errors = read(Installation, form)
    if given is None:
        return _page(request, typed, errors, 422)
    service = service_of(request)
    first = first_start.first_administrator(given.organisation, given.kind, given.name, service.settings.territory)
    async with service.database.web(None) as work:
        passed = await spend([(TRIES_BY_NETWORK, visit_of(request).network)], work)
    found: UUID | Refusal = too_many(passed, "token") if passed else first.account
    if isinstance(found, UUID):
        async with service.database.web(first) as work:
            found = await first_start.install(first, given.token, given.email, given.siret, work)
    if isinstance(found, Refusal):
        return _page(request, typed, {"token": str(found)}, found.status)
    return await enter(request, found, Method.SETUP, landing="/compte", flash="installed")


async def _check_empty(request: Request) -> None:
    async with service_of(request).database.web(None) as work:
        if not await first_start.is_empty(work):
            raise NotFound


def _page(request: Request, typed: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    return request.app.state.pages.render(
        request, "setup.html", status=status, typed=typed, errors=errors,
        kinds=[(one.value, one.label) for one in OrganisationKind],
    )  # fmt: skip
