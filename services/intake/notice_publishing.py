"""Preparing and publishing a notice: a draft may change until it is published; a published version never does."""

import re
from uuid import UUID

from sqlmodel import col, select

from contracts.envelope import Frozen
from contracts.refusals import InvalidInput, NotFound, RoleNotAllowed, SocialSecurityNumberRefused
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Language
from services.intake.free_text import holds_a_nir
from services.intake.notice import LONGEST, Notice, every_notice, next_version, notice_from
from services.intake.notice_tables import NoticeDraft, NoticeText
from services.runtime.database import Work

_BLANKS = re.compile(r"[ \t\n]+")  # not the narrow blanks of French


class WriteDraft(Frozen):
    """The text of a draft; `ref` is made when the form is shown, so that sending twice keeps one draft."""

    ref: UUID
    language: Language
    body: str


def accept_notice(body: str) -> str:
    """The text as it is kept: a title line beginning with `# `, then paragraphs parted by empty lines.

    Refusals: InvalidInput at `body`, SocialSecurityNumberRefused.
    """
    parts = [_BLANKS.sub(" ", part.strip()) for part in body.replace("\r\n", "\n").split("\n\n") if part.strip()]
    if holds_a_nir(body):
        raise SocialSecurityNumberRefused(field="body")
    if not parts or not parts[0].startswith("# ") or len(parts) < 2:
        raise InvalidInput(
            field="body",
            reason="Commencez par un titre («\u202f# Ce que…\u202f»), puis des paragraphes séparés par une ligne vide.",
        )
    text = "\n\n".join(parts) + "\n"
    if len(text) > LONGEST:
        raise InvalidInput(field="body", reason=f"Cette notice est trop longue\u202f: {LONGEST} caractères au plus.")
    return text


async def list_drafts(viewer: Viewer, work: Work) -> list[NoticeDraft]:
    """The drafts of the territory, the last written first; none for anybody but a data protection officer."""
    _require_dpo(viewer)
    return list((await work.session.exec(select(NoticeDraft).order_by(col(NoticeDraft.written_at).desc()))).all())


async def find_draft(viewer: Viewer, work: Work, ref: UUID, *, lock: bool = False) -> NoticeDraft:
    """One draft. Refusals: RoleNotAllowed, NotFound."""
    _require_dpo(viewer)
    query = select(NoticeDraft).where(NoticeDraft.ref == ref)
    found = (await work.session.exec(query.with_for_update() if lock else query)).first()
    if found is None:
        raise NotFound
    return found


async def write_draft(command: WriteDraft, work: Work, viewer: Viewer) -> UUID:
    """Keep a draft, new or again. Refusals: RoleNotAllowed, InvalidInput, SocialSecurityNumberRefused."""
    _require_dpo(viewer)
    body = accept_notice(command.body)
    row = await work.session.get(NoticeDraft, command.ref)
    if row is None:
        row = NoticeDraft(ref=command.ref, language="", body="", written_by=viewer.account, written_at=work.now)
    row.language, row.body = command.language.value, body
    row.written_by, row.written_at = viewer.account, work.now
    work.session.add(row)
    return row.ref


async def publish_draft(ref: UUID, work: Work, viewer: Viewer) -> Notice:
    """Publish a draft as the next version of its language, dated now; the draft is gone with it.

    Refusals: RoleNotAllowed, NotFound (also for one that is published already), InvalidInput (nothing changed).
    """
    # Of two who publish at once, the second takes the next number.
    await work.execute("SELECT pg_advisory_xact_lock(hashtextextended('notice', 0))")
    draft = await find_draft(viewer, work, ref, lock=True)
    known = await every_notice(work)
    current = next((one for one in known if one.language == draft.language), None)
    if current is not None and current.body == draft.body:
        raise InvalidInput(field="body", reason="Ce texte est déjà celui de la version publiée.")
    version = next_version(draft.language, work.now, {one.version for one in known})
    made = notice_from(version, draft.body, work.now)
    work.session.add(
        NoticeText(
            version=version,
            language=draft.language,
            body=made.body,
            digest=made.digest,
            published_at=work.now,
            published_by=viewer.account,
        )
    )
    await work.session.delete(draft)
    return made


def _require_dpo(viewer: Viewer) -> None:
    if not viewer.has(Role.DPO):
        raise RoleNotAllowed
