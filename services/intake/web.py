"""What the pages of people share: who may open them, the keys, and how a form comes back with what was typed."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.refusals import FreeTextToConfirm, Refusal
from contracts.viewer import Role, Viewer
from services.intake.person_keys import PersonKeys

REFERENTS = frozenset({Role.REFERENT})
Errors = dict[str, str]


def keys_of(request: Request) -> PersonKeys:
    """The keys of the persons, as the service was built with."""
    found: PersonKeys = request.app.state.person_keys
    return found


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
