"""What the pages of people share: who may open them, the keys, and how a form comes back with what was typed."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import FreeTextToConfirm, Refusal
from contracts.viewer import Role, Viewer
from services.intake.person_keys import PersonKeys
from services.runtime.web.guard import SAFE
from services.runtime.web.pages import redirect
from services.runtime.web.shell import wants_json

REFERENTS = frozenset({Role.REFERENT})
DPO = frozenset({Role.DPO})
Errors = dict[str, str]


class CommandForm(Frozen):
    """A form that only says that it was pressed."""

    command_id: UUID


def command_id_of(form: FormData) -> str:
    """The command of a form that came without a model; a new one where it has none."""
    try:
        return str(UUID(str(form.get("command_id", ""))))
    except ValueError:
        return str(uuid4())


def keys_of(request: Request) -> PersonKeys:
    """The keys of the persons, as the service was built with."""
    found: PersonKeys = request.app.state.person_keys
    return found


def lead_elsewhere(app: FastAPI, kind: type[Refusal], where: Callable[[Request, Any], str]) -> None:
    """Let `app` answer a reading that `kind` refuses with another address (303); a form gets the refusal."""
    answer: Any = app.exception_handlers[Refusal]

    async def lead(request: Request, refusal: Refusal) -> Response:
        if request.method not in SAFE or wants_json(request):
            refused: Response = await answer(request, refusal)
            return refused
        return redirect(where(request, refusal))

    app.add_exception_handler(kind, lead)  # type: ignore[arg-type]


def typed_in(form: FormData) -> dict[str, Any]:
    """What was typed, for showing the form again; a field given several times is a list under `<name>_all`."""
    typed: dict[str, Any] = {name: str(form[name]) for name in form}
    return {**typed, **{f"{name}_all": [str(one) for one in form.getlist(name)] for name in form}}


def errors_of(refusal: Refusal) -> Errors:
    """The refusal's sentence, at the field that it is about or on top of the form."""
    return {refusal.field or "form": str(refusal)}


Questions = dict[str, tuple[tuple[str, str], ...]]


def questions_of(refusal: Refusal | None, typed: Mapping[str, Any], kept: Iterable[str] = ()) -> Questions:
    """What the form asks about its free texts: by field, the matter and the words found; none where it is kept."""
    asked: Questions = dict.fromkeys(kept, ())
    if isinstance(refusal, FreeTextToConfirm) and refusal.field:
        asked[refusal.field] = refusal.words(str(typed.get(refusal.field, "")))
    return asked


def show_form(
    request: Request,
    template: str,
    viewer: Viewer | None,
    typed: Mapping[str, Any],
    errors: Errors,
    status: int = 200,
    **context: Any,  # noqa: ANN401 - what the template takes
) -> Response:
    """A form, new or come back. `command_id` stays the same, so that sending twice does it once."""
    command = typed.get("command_id") or str(uuid4())
    context.setdefault("questions", {})
    response: Response = request.app.state.pages.render(
        request,
        template,
        status=status if not errors or status != 200 else 422,
        viewer=viewer,
        typed={"command_id": command, **typed},
        errors=errors,
        **context,
    )
    return response
