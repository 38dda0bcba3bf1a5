"""Confier plusieurs droits: one form for several desks, each line with its contact, and afterwards what became of each.

The steps are those of one right: which rights, which contact for each, then how, with field by field what each desk
would read.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.consent import Disclosure
from contracts.dossier import NEED_SUMMARY_LENGTH
from contracts.refusals import FreeTextToConfirm, NotFound, Refusal
from contracts.rights import catalogue, reason_of_competence, right_name
from contracts.viewer import Viewer
from contracts.vocabulary import Scheme
from services.intake import handover_store as store
from services.intake import journal
from services.intake.caseload_gate import PersonPages
from services.intake.dossier import full_name
from services.intake.handover import HandOver, accept_texts
from services.intake.journal_kinds import Kind
from services.intake.preview import Candidate, purpose_of
from services.intake.send_several import (
    ASKS_HER,
    Line,
    command_of_line,
    hand_over_each,
    lines_of,
    summary,
    why_not_sent,
)
from services.intake.send_steps import (
    CONTACT_GONE,
    Choice,
    Ground,
    about_desks,
    by_desk_of,
    find_candidates,
    modes_of,
    read_ground,
    unknown_of,
    what_is_read,
)
from services.intake.store import person_of
from services.intake.tables import Handover
from services.intake.undo import undo_of
from services.intake.web import REFERENTS, Errors, Questions, command_id_of, keys_of
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()
LATER = "plus-tard"
_NOBODY = "Choisissez un contact, ou «\u202fPas maintenant\u202f»."


@dataclass
class Part:
    """One right of the form: what could receive it, and what is typed for it."""

    right: str
    ground: Ground
    typed: dict[str, str]

    @property
    def chosen(self) -> Candidate | None:
        return self.ground.candidate(self.typed.get("chosen", ""))

    @property
    def later(self) -> bool:
        """She chose not to confide this one now."""
        return self.typed.get("chosen") == LATER


async def show_several(request: Request, viewer: Viewer, ref: UUID, rights: list[str]) -> Response:
    """The step that comes next for these rights: a contact for each, then how."""
    given = request.query_params
    parts = await _parts(request, viewer, ref, rights, {right: given.get(f"chosen_{right}", "") for right in rights})
    asked = any(name.startswith("chosen_") for name in given)
    errors = {f"chosen_{one.right}": _NOBODY for one in parts if asked and not one.later and one.chosen is None}
    if not asked or errors:
        return _show_contacts(request, viewer, ref, parts, errors)
    if all(one.later for one in parts):
        return redirect(f"/personnes/{ref}")
    return _show_how(request, viewer, ref, parts, {"command_id": str(uuid4())}, {}, 200, {})


@pages.post("/personnes/{ref}/confier/plusieurs", REFERENTS)
async def send_several(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Send each line; whatever is refused, nothing typed is lost, and what had left is not sent again."""
    sent = await request.form()
    rights = _known(sent.getlist("right"))
    if not rights:
        raise NotFound
    chosen = {right: str(sent.get(f"chosen_{right}", "")) for right in rights}
    parts = await _parts(request, viewer, ref, rights, chosen)
    for part in parts:
        part.typed |= {name: str(sent.get(f"{name}_{part.right}", "")) for name in ("mode", "message", "urgent")}
    common = {"command_id": command_id_of(sent), "accompanied_by": str(sent.get("accompanied_by", ""))}
    if sent.get("action") == "contacts":
        return _show_contacts(request, viewer, ref, parts, {}, _typed(sent))
    lines, errors, questions = _read_lines(parts, ref, common, {str(one) for one in sent.getlist("confirmed")})
    if errors or sent.get("action") == "preview" or not lines:
        return _show_how(request, viewer, ref, parts, common, errors, 422 if errors else 200, questions)
    service, scheme = service_of(request), Scheme(parts[0].ground.person.scheme)
    try:
        await hand_over_each(lines, viewer, service, keys_of(request), scheme)
    except Refusal as refusal:
        return _show_how(request, viewer, ref, parts, common, {"form": str(refusal)}, refusal.status, questions)
    asked = "&".join(f"droit={one.command.right}" for one in lines)
    return redirect(f"/personnes/{ref}/confier/resultat/{common['command_id']}?{asked}")


@pages.get("/personnes/{ref}/confier/resultat/{command}", REFERENTS)
async def show_result(request: Request, viewer: Asking, ref: UUID, command: UUID) -> Response:
    """Line by line what became of it: where it is, or why it did not leave and what to do."""
    rights = _known(request.query_params.getlist("droit"))
    async with service_of(request).database.web(viewer) as work:
        person = await person_of(viewer, work, ref)
        rows = await lines_of(viewer, work, ref, command, rights)
        await journal.record_list(work, viewer, Kind.LISTED, [ref])
        now = work.now
    return request.app.state.pages.render(
        request,
        "send_several_result.html",
        viewer=viewer,
        who=full_name(person),
        person=ref,
        lead=summary(rows),
        rows=[_result(row, now) for row in rows],
    )


def _result(row: Handover, now: Any) -> dict[str, Any]:  # noqa: ANN401 - an instant
    chips = {"sent": ("Confiée", "new"), "sending": ("Envoi en cours", "soft"),
             "awaiting_consent": ("En attente de son accord", "due")}  # fmt: skip
    chip, kind = chips.get(row.step, ("Pas encore partie", "late"))
    left = row.step in store.READABLE_STEPS
    next_step = ("Suivre", f"/orientations/{row.ref}")
    if not left and row.refusal in ASKS_HER:
        address = f"/personnes/{row.person}/accord?guichet={row.desk}&droit={row.right}"
        next_step = ("Recueillir son accord", address)
    elif not left:
        next_step = ("Reprendre", f"/personnes/{row.person}/confier?brouillon={row.ref}")
    return {
        "ref": row.ref, "right": right_name(row.right), "chip": chip, "kind": kind, "why": why_not_sent(row),
        "to": f"{row.contact_name}, {row.recipient_organisation_name} ({row.desk_name})",
        "label": next_step[0], "href": next_step[1], "left": left, "undo": undo_of(row, row.version, now),
    }  # fmt: skip


async def _parts(
    request: Request, viewer: Viewer, ref: UUID, rights: list[str], chosen: dict[str, str]
) -> list[Part]:
    """The ground of each right, the person read once. Refusals: NotFound."""
    first = await read_ground(request, viewer, ref, Choice())
    now = service_of(request).clock()

    async def ground(right: str) -> Ground:
        mine = replace(first, found=[], delays={})
        await find_candidates(request, viewer, mine, right, None, now)
        return mine

    grounds = await asyncio.gather(*map(ground, rights))
    return [Part(right, mine, {"chosen": chosen.get(right, "")}) for right, mine in zip(rights, grounds, strict=True)]


def _known(given: Iterable[object]) -> list[str]:
    """The rights of the catalogue among these, each once: so many lines there are, and no more."""
    return [right for right in dict.fromkeys(map(str, given)) if right in catalogue()]


def _read_lines(
    parts: list[Part], person: UUID, common: dict[str, str], confirmed: set[str]
) -> tuple[list[Line], Errors, Questions]:
    """The lines as commands, or a sentence for each field that cannot be taken; nothing is sent unless all can."""
    lines: list[Line] = []
    errors: Errors = {}
    questions: Questions = dict.fromkeys(confirmed, ())
    for part in parts:
        if part.later:
            continue
        if part.chosen is None:
            errors[f"chosen_{part.right}"] = CONTACT_GONE
            continue
        try:
            command = _command(part, person, common, confirmed)
            accept_texts(command)
        except ValidationError:
            errors[f"mode_{part.right}"] = "Choisissez une réponse de la liste."
        except Refusal as refusal:
            name = f"message_{part.right}" if refusal.field == "message" else refusal.field or "form"
            errors[name] = str(refusal)
            if isinstance(refusal, FreeTextToConfirm):
                text = part.typed["message"] if refusal.field == "message" else common["accompanied_by"]
                questions[name] = refusal.words(text)
        else:
            lines.append(Line(command, part.chosen))
    return lines, errors, questions


def _command(part: Part, person: UUID, common: dict[str, str], confirmed: set[str]) -> HandOver:
    assert part.chosen is not None
    kept = {"message"} if f"message_{part.right}" in confirmed else set()
    grant = part.chosen.grant
    given = {
        "command_id": command_of_line(UUID(common["command_id"]), part.right),
        "person": person, "right": part.right, "desk": part.chosen.desk.desk,
        "contact": part.chosen.contact.account, "mode": part.typed["mode"] or None,
        "purpose": grant.purpose if grant else purpose_of(None), "urgent": part.typed["urgent"] == "true",
        "message": part.typed["message"], "accompanied_by": common["accompanied_by"],
        "confirmed": frozenset(kept | (confirmed & {"accompanied_by"})),
    }  # fmt: skip
    return HandOver.model_validate(given)


def _typed(sent: FormData) -> dict[str, str]:
    """What goes along to the choice of contacts and back."""
    kept = [name for name in sent if name not in ("right", "action") and not name.startswith("chosen_")]
    return {name: str(sent[name]) for name in kept}


def _shared(ref: UUID, parts: list[Part]) -> dict[str, Any]:
    return {
        "person": ref,
        "who": full_name(parts[0].ground.person),
        "away": any(one.ground.away for one in parts),
        "rights": [one.right for one in parts],
    }


def _show_contacts(
    request: Request, viewer: Viewer, ref: UUID, parts: list[Part], errors: Errors, along: dict[str, str] | None = None
) -> Response:
    shown = []
    for part in parts:
        desks, first = by_desk_of(part.ground.found)
        reason = reason_of_competence(part.right, Scheme(part.ground.person.scheme))
        shown.append({"right": part.right, "name": right_name(part.right), "desks": desks, "reason": reason,
                      "about": about_desks(part.ground), "returns": part.ground.returns,
                      "chosen": part.typed["chosen"] or first or _preparable(part) or LATER})  # fmt: skip
    return request.app.state.pages.render(
        request, "send_several_contacts.html", status=422 if errors else 200, viewer=viewer, parts=shown,
        errors=errors, along=along, later=LATER, **_shared(ref, parts),
    )  # fmt: skip


def _preparable(part: Part) -> str | None:
    return next((one.key for one in part.ground.found if one.may_be_prepared), None)


def _show_how(
    request: Request, viewer: Viewer, ref: UUID, parts: list[Part], common: dict[str, str], errors: Errors,
    status: int, questions: Questions,
) -> Response:  # fmt: skip
    return request.app.state.pages.render(
        request, "send_several_how.html", status=status, viewer=viewer,
        parts=[_how(request, part, common) for part in parts if not part.later],
        later=[part.right for part in parts if part.later], postponed=LATER,
        common={"accompanied_by": "", **common}, errors=errors, questions=questions, most=NEED_SUMMARY_LENGTH,
        **_shared(ref, parts),
    )  # fmt: skip


def _how(request: Request, part: Part, common: dict[str, str]) -> dict[str, Any]:
    chosen, typed = part.chosen, part.typed
    texts = (typed.get("message", ""), common.get("accompanied_by", ""))
    would_read = what_is_read(request, part.ground, part.right, chosen, texts)
    modes = modes_of(chosen)
    return {
        "right": part.right,
        "name": right_name(part.right),
        "chosen": chosen,
        "key": typed.get("chosen", ""),
        "modes": modes,
        "mode": typed.get("mode") or (modes[0][0] if modes else ""),
        "message": typed.get("message", ""),
        "urgent": typed.get("urgent", ""),
        "shared": would_read if isinstance(would_read, Disclosure) else None,
        "closed": str(would_read) if isinstance(would_read, Refusal) else None,
        "unknown": unknown_of(would_read),
    }
