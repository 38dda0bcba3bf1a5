"""The pages of two files of one person: who may be on file twice, both side by side, the merge and what undoes it."""

from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import NotFound, Refusal
from contracts.viewer import Viewer
from services.intake import caseload, journal, people_list, people_search
from services.intake import duplicate_store as twins
from services.intake.caseload_gate import PersonPages
from services.intake.domain import possible_twins
from services.intake.duplicate_merging import (
    Compared,
    MergeFiles,
    SetFilesApart,
    UndoMerge,
    compare,
    merge_files,
    refuse_undo,
    set_files_apart,
    undo_merge,
)
from services.intake.duplicate_values import changed_since
from services.intake.duplicate_words import agreed, asked, decided, merge_row, side
from services.intake.duplicates import FIELDS, choices_of
from services.intake.journal_kinds import Kind
from services.intake.tables import Person
from services.intake.web import REFERENTS, CommandForm, errors_of, keys_of, show_form, typed_in
from services.intake.web_file import followed_by, title_of
from services.intake.web_referrals import names_of
from services.runtime.database import Work
from services.runtime.web import forms
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()


class MergeForm(Frozen):
    """What is kept comes beside it, a field each; `step` is relire (show what will be done) or reunir (do it)."""

    command_id: UUID
    seen: str = ""
    step: str = "relire"


@pages.get("/personnes/doublons", REFERENTS)
async def duplicates(request: Request, viewer: Asking, page: int = 1) -> Response:
    """Who of the viewer's caseload may be on file twice, so many of her people a page."""
    page = max(1, min(page, 10_000))
    async with service_of(request).database.web(viewer) as work:
        found = await twins.likely_pairs(viewer, work, page)
        hers = await people_list.count_hers(viewer, work)
        await journal.record_list(
            work, viewer, Kind.SEARCHED, [one.ref for pair in found for one in (pair.mine, pair.other)]
        )
        rows = [_pair(pair.mine, pair.other, pair.score, work) for pair in found]
    first, last = (page - 1) * twins.LOOKED_AT + 1, min(page * twins.LOOKED_AT, hers)
    return request.app.state.pages.render(
        request,
        "duplicates.html",
        viewer=viewer,
        rows=rows,
        among=f"{first} à {last} des {hers} personnes" if hers > twins.LOOKED_AT else None,
        before=f"/personnes/doublons?page={page - 1}" if page > 1 else None,
        after=f"/personnes/doublons?page={page + 1}" if last < hers else None,
    )


def _pair(mine: Person, other: Person, score: int, work: Work) -> dict[str, Any]:
    alike = [
        word
        for word, same in (
            ("même date de naissance", mine.birth_date is not None and mine.birth_date == other.birth_date),
            ("même téléphone", mine.phone_hash is not None and mine.phone_hash == other.phone_hash),
        )
        if same
    ]
    return {
        "href": f"/personnes/{mine.ref}/doublon/{other.ref}",
        "who": f"{title_of(mine, work)} et {title_of(other, work)}",
        "meta": [f"Dossiers {mine.file_number} et {other.file_number}", *alike],
        "chip": "Très probable" if score >= 90 else "Possible",
    }


@pages.get("/personnes/{ref}/doublons", REFERENTS)
async def duplicates_of(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Who may be the same person as this one, and a search for another file."""
    return await _duplicates_of(request, viewer, ref, "")


@pages.post("/personnes/{ref}/doublons", REFERENTS)
async def look_for_duplicate(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Find the other file by name, phone, birth date or file number. By POST: no name in an address."""
    return await _duplicates_of(request, viewer, ref, str((await request.form()).get("q", "")).strip()[:120])


async def _duplicates_of(request: Request, viewer: Viewer, ref: UUID, typed: str) -> Response:
    async with service_of(request).database.web(viewer) as work:
        person = await caseload.open_person(viewer, work, ref)
        if typed:
            found, more = await people_search.look_on_a_page(viewer, work, typed, keys_of(request), but=ref)
        else:
            found, more = await _likely(viewer, person, work), False
        await journal.record_list(work, viewer, Kind.SEARCHED, [one.ref for one in found])
        rows = [_other(ref, one, viewer, work) for one in found]
        title = title_of(person, work)
    return request.app.state.pages.render(
        request, "duplicates_of.html", viewer=viewer, ref=ref, title=title, rows=rows, q=typed, more=more
    )


async def _likely(viewer: Viewer, person: Person, work: Work) -> list[Person]:
    mine, apart = people_search.likeness_of(person), await twins.apart_of(viewer, work, person.ref)
    near = {one.ref: one for one in await people_search.likely_twins(viewer, work, mine)}
    scored = possible_twins(mine, [people_search.likeness_of(one) for one in near.values() if one.ref not in apart])
    return [near[ref] for _, ref in scored]


def _other(ref: UUID, one: Person, viewer: Viewer, work: Work) -> dict[str, Any]:
    return {
        "href": f"/personnes/{ref}/doublon/{one.ref}",
        "who": title_of(one, work),
        "meta": [f"Dossier {one.file_number}", followed_by(one, viewer, {})],
    }


@pages.get("/personnes/{ref}/doublon/{other}", REFERENTS)
async def side_by_side(request: Request, viewer: Asking, ref: UUID, other: UUID) -> Response:
    """Both files, field by field: what agrees, what differs, what would be kept, and who would notice."""
    if ref == other:
        raise NotFound
    return await _side_by_side(request, viewer, ref, other, {}, {}, 200)


async def _side_by_side(
    request: Request, viewer: Viewer, ref: UUID, other: UUID, typed: dict[str, Any], errors: dict[str, str], status: int
) -> Response:
    names = await names_of(request)
    async with service_of(request).database.web(viewer) as work:
        found = await compare(viewer, work, ref, other, keys_of(request))
        context = await _context(viewer, work, found, names)
    proposed = {one.field: one.proposed for one in found.differ}
    # What was shown when this was typed: a refusal for a change shows what is on record now.
    again = {**proposed, **typed, "seen": found.seen}
    return show_form(request, "duplicate.html", viewer, again, errors, status, **context)


async def _context(viewer: Viewer, work: Work, found: Compared, names: dict[UUID, str]) -> dict[str, Any]:
    numbers = (found.kept.file_number, found.merged.file_number)
    sides = [
        side(one, title_of(one, work), await twins.held_of(viewer, work, one.ref), _follower(one, viewer, names))
        for one in (found.kept, found.merged)
    ]
    return {
        "kept": sides[0],
        "merged": sides[1],
        "agree": agreed(found.agree, found.told[0]),
        "questions_of_fields": asked(found.differ, found.told, numbers),
        "other_way": not await twins.keeps_others(viewer, work, found.kept.ref),
    }


def _follower(person: Person, viewer: Viewer, names: dict[UUID, str]) -> str:
    return "vous" if person.referent == viewer.account else names.get(person.referent, "une collègue")


@pages.post("/personnes/{ref}/doublon/{other}", REFERENTS)
async def merge(request: Request, viewer: Asking, ref: UUID, other: UUID) -> Response:
    """Show once more what will be kept; then merge. Nothing is merged without that second step."""
    sent = await request.form()
    typed = typed_in(sent)
    form, errors = forms.read(MergeForm, sent)
    if form is None:
        return await _side_by_side(request, viewer, ref, other, typed, errors, 422)
    choices = {name: str(sent[name]) for name in FIELDS if name in sent}
    keys, names = keys_of(request), await names_of(request)
    try:
        async with service_of(request).database.web(viewer) as work:
            if form.step == "reunir":
                command = MergeFiles(
                    command_id=form.command_id, kept=ref, merged=other, choices=choices, seen=form.seen
                )
                await merge_files(command, work, keys)
                return redirect(f"/personnes/{ref}", "files_merged")
            found = await compare(viewer, work, ref, other, keys)
            chosen = choices_of(found.differ, choices)
            context = await _context(viewer, work, found, names)
    except Refusal as refusal:
        if isinstance(refusal, NotFound) or refusal.page is not None:
            raise
        return await _side_by_side(request, viewer, ref, other, typed, errors_of(refusal), refusal.status)
    again = {"command_id": form.command_id, "seen": form.seen}
    return show_form(
        request, "duplicate_confirm.html", viewer, again, {}, chosen=chosen, decided=decided(found.differ, chosen),
        **context,
    )  # fmt: skip


@pages.post("/personnes/{ref}/doublon/{other}/distinctes", REFERENTS)
async def two_persons(request: Request, viewer: Asking, ref: UUID, other: UUID) -> Response:
    """Keep that these are two persons: they are not proposed again."""
    form, _ = forms.read(CommandForm, await request.form())
    command = SetFilesApart(command_id=form.command_id if form else uuid4(), one=ref, other=other)
    async with service_of(request).database.web(viewer) as work:
        await set_files_apart(command, work)
    return redirect("/personnes/doublons", "acted")


@pages.get("/personnes/{ref}/reunions/{merge}/defaire", REFERENTS)
async def undoing(request: Request, viewer: Asking, ref: UUID, merge: UUID) -> Response:
    """What undoing puts back, and what stays, before it is done."""
    return await _undoing(request, viewer, ref, merge)


async def _undoing(
    request: Request, viewer: Viewer, ref: UUID, merge: UUID, refused: Refusal | None = None
) -> Response:
    keys = keys_of(request)
    async with service_of(request).database.web(viewer) as work:
        person = await caseload.open_person(viewer, work, ref)
        row = await twins.merge_of(viewer, work, ref, merge)
        if refused is None:
            await refuse_undo(row, viewer, work)
        numbers = await twins.numbers_of(viewer, work, (ref, row.absorbed))
        stays = await changed_since(row, work, keys)
        context = {
            "ref": ref,
            "title": title_of(person, work),
            "merge": merge_row(row, numbers, {}, viewer.account),
            "kept_number": person.file_number,
            "goes_back": await twins.held_of(viewer, work, row.absorbed),
            "added": await twins.held_of(viewer, work, ref, row.merged_at),
            "fields": [FIELDS[name].lower() for name in stays],
        }
    errors, status = (errors_of(refused), refused.status) if refused else ({}, 200)
    return show_form(request, "duplicate_undo.html", viewer, {}, errors, status, **context)


@pages.post("/personnes/{ref}/reunions/{merge}/defaire", REFERENTS)
async def undo(request: Request, viewer: Asking, ref: UUID, merge: UUID) -> Response:
    """Separate the two files again."""
    form, _ = forms.read(CommandForm, await request.form())
    try:
        async with service_of(request).database.web(viewer) as work:
            command = UndoMerge(command_id=form.command_id if form else uuid4(), kept=ref, merge=merge)
            await undo_merge(command, work, keys_of(request))
    except Refusal as refusal:
        if isinstance(refusal, NotFound) or refusal.page is not None:
            raise
        return await _undoing(request, viewer, ref, merge, refusal)
    return redirect(f"/personnes/{ref}", "files_separated")
