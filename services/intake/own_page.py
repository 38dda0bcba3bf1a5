"""The way to a person's own page: her referent makes a link, she opens it with the code, and every visit is journalled.

A wrong code is counted in the transaction that checked it: the refusal comes after the commit, at the edge.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from contracts.refusals import NotFound, RoleNotAllowed
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind, Word
from services.intake import journal, store
from services.intake.duplicate_tables import FileMerge
from services.intake.journal_kinds import PERSON_HERSELF, Kind, Thing
from services.intake.own_page_rules import (
    TRIES_AT_MOST,
    TRIES_KEPT,
    TRIES_WITHIN,
    WRONG_AT_MOST,
    is_open,
    new_address,
    new_code,
    typed_address,
    typed_code,
    visit_until,
)
from services.intake.own_page_tables import PageTry, PersonLink, PersonVisit
from services.intake.person_keys import PersonKeys
from services.intake.united_files import files_of
from services.runtime.database import Work
from services.runtime.jobs import Job
from services.runtime.process import Service
from services.runtime.web.guard import session_hash

FORGET_EVERY = 600.0


class Handed(Word):
    """How a code reaches the person. A text message needs her own asking and a channel that sends them."""

    IN_PERSON = "in_person", "Remis en main propre"
    SMS = "sms", "Envoyé sur son téléphone, à sa demande"


def ways_to_hand(channels: Iterable[str], *, phone_known: bool) -> tuple[Handed, ...]:
    """The ways that can be offered: a text message only where a channel sends them and a phone is known."""
    by_sms = "sms" in set(channels) and phone_known
    return (Handed.IN_PERSON, *((Handed.SMS,) if by_sms else ()))


@dataclass(frozen=True)
class Made:
    """A link just made: the one time that its code is known."""

    link: PersonLink
    code: str


async def make_link(
    viewer: Viewer, person: UUID, work: Work, keys: PersonKeys, days: int, handed: Handed = Handed.IN_PERSON
) -> Made:
    """A new link to a person's page, open for so many days; those before it are over, and the visits they opened.

    Refusals: RoleNotAllowed, NotFound.
    """
    if not viewer.has(Role.REFERENT):
        raise RoleNotAllowed
    found = await store.person_of(viewer, work, person, lock=True)
    await end_links(viewer, person, work)
    code = new_code(secrets.randbits(128))
    link = PersonLink(
        person=found.ref,
        organisation=found.organisation,
        address=new_address(secrets.randbits(64)),
        code_hash="",
        handed=handed.value,
        made_by=viewer.account,
        made_at=work.now,
        expires_at=work.now + timedelta(days=days),
    )
    link.code_hash = _code_hash(link, code, keys)
    work.session.add(link)
    await journal.record(work, viewer, Kind.PRINTED, object=Thing.OTHER, ref=link.ref, person=person)
    return Made(link, code)


async def end_links(viewer: Viewer, person: UUID, work: Work) -> None:
    """End every link to a person's page, of whichever of her files, and every visit. Refusals: NotFound, FileMerged."""
    await store.person_of(viewer, work, person)
    files = list(await files_of(work, person))
    await work.execute("UPDATE personlink SET ended_at = :now WHERE person = ANY(:files) AND ended_at IS NULL",
                       now=work.now, files=files)  # fmt: skip
    await work.execute("DELETE FROM personvisit WHERE person = ANY(:files)", files=files)


async def link_of(viewer: Viewer, person: UUID, work: Work) -> PersonLink | None:
    """The newest link to a person's page, over or not. Refusal: NotFound."""
    await store.person_of(viewer, work, person)
    query = select(PersonLink).where(PersonLink.person == person, PersonLink.organisation == viewer.organisation)
    return (await work.session.exec(query.order_by(col(PersonLink.made_at).desc()).limit(1))).first()


async def too_many_tries(work: Work, visitor: str) -> bool:
    """Count this try; whether there were too many of this network lately."""
    since = work.now - TRIES_WITHIN
    query = "SELECT count(*) FROM pagetry WHERE visitor = :visitor AND at > :since"
    before = (await work.execute(query, visitor=visitor, since=since)).scalar() or 0
    if before >= TRIES_AT_MOST:
        return True
    work.session.add(PageTry(visitor=visitor, at=work.now))
    return False


async def open_visit(address: str, code: str, work: Work, keys: PersonKeys) -> str | None:
    """The cookie of a new visit, or None for whatever does not fit: unknown, wrong, over and locked are one answer.

    Runs with nobody signed in. The link is locked, so that of many tries at once each is counted.
    """
    query = select(PersonLink).where(PersonLink.address == typed_address(address)).with_for_update()
    link = (await work.session.exec(query)).first()
    # The same work for an unknown link as for a known one.
    expected = link.code_hash if link is not None else keys.lookup_hash("nobody")
    given = _code_hash(link, typed_code(code), keys)
    right = secrets.compare_digest(expected, given)
    if link is None or not is_open(link.expires_at, link.ended_at, link.wrong, work.now):
        return None
    herself = {"person": link.person, "organisation": link.organisation, "ref": link.ref}
    if not right:
        link.wrong += 1
        work.session.add(link)
        refused = {**herself, "refusal": "sign-in-code-wrong"}
        await journal.record(work, None, Kind.OWN_PAGE_OPENED, object=Thing.PERSON, **refused)
        return None
    cookie = secrets.token_urlsafe(32)
    link.wrong, link.opened_at = 0, link.opened_at or work.now
    work.session.add(link)
    visit = PersonVisit(
        secret=session_hash(cookie), link=link.ref, person=link.person, organisation=link.organisation,
        opened_at=work.now, until=visit_until(work.now, work.now),
    )  # fmt: skip
    work.session.add(visit)
    await journal.record(
        work, None, Kind.OWN_PAGE_OPENED, object=Thing.PERSON, actor_kind=PERSON_HERSELF, **herself
    )
    return cookie


async def visitor_of(cookie: str, work: Work) -> Viewer | None:
    """Who visits with this cookie, as the viewer that she is on her page; None when over. The visit lasts longer."""
    visit = await work.session.get(PersonVisit, session_hash(cookie), with_for_update=True)
    if visit is None or visit.until <= work.now:
        return None
    link = await work.session.get(PersonLink, visit.link)
    if link is None or not is_open(link.expires_at, link.ended_at, 0, work.now):
        return None
    if visit.person != link.person and visit.person not in await files_of_link(link, work):
        return None
    visit.until = visit_until(visit.opened_at, work.now)
    work.session.add(visit)
    return herself(visit.person, visit.organisation, work.territory)


async def files_of_link(link: PersonLink, work: Work) -> tuple[UUID, ...]:
    """The files that a link opens: its own, and those that were merged into it before the link was made.

    Whoever holds an older sheet learns nothing by a merge that came after it.
    """
    merged = select(FileMerge.absorbed).where(
        FileMerge.person == link.person, col(FileMerge.undone_at).is_(None), FileMerge.merged_at <= link.made_at
    )
    return (link.person, *(await work.session.exec(merged.order_by(col(FileMerge.merged_at)))).all())


async def files_of_visit(cookie: str, work: Work) -> tuple[UUID, ...]:
    """The files that this visit may turn to; none when it is over. Runs with nobody signed in."""
    visit = await work.session.get(PersonVisit, session_hash(cookie))
    link = await work.session.get(PersonLink, visit.link) if visit is not None else None
    return () if link is None else await files_of_link(link, work)


async def turn_to(cookie: str, file: UUID, work: Work) -> None:
    """Show another file of the same person on this browser. Refusal: NotFound for one that her link does not open."""
    if file not in await files_of_visit(cookie, work):
        raise NotFound
    visit = await work.session.get(PersonVisit, session_hash(cookie), with_for_update=True)
    assert visit is not None
    visit.person = file
    work.session.add(visit)


async def close_visit(cookie: str, work: Work) -> None:
    """Leave the page on this browser."""
    await work.execute("DELETE FROM personvisit WHERE secret = :secret", secret=session_hash(cookie))


def herself(person: UUID, organisation: UUID, territory: str) -> Viewer:
    """A person on her own page: no role, no desk, and row-level security that shows what is hers."""
    return Viewer(
        account=person,
        display_name="",
        organisation=organisation,
        organisation_name="",
        organisation_kind=OrganisationKind.ASSOCIATION,
        roles=frozenset(),
        territory=territory,
        herself=True,
    )


def jobs(service: Service) -> list[Job]:
    """The clock that drops what is over."""
    return [Job("own_page_visits", FORGET_EVERY, lambda: forget_visits(service))]


async def forget_visits(service: Service) -> None:
    """Drop visits that are over and tries of another day."""
    async with service.database.worker() as work:
        await work.execute("DELETE FROM personvisit WHERE until < :now", now=work.now)
        await work.execute("DELETE FROM pagetry WHERE at < :old", old=work.now - TRIES_KEPT)


def tries_left(link: PersonLink) -> int:
    """How many wrong codes the link still bears."""
    return max(0, WRONG_AT_MOST - link.wrong)


def _code_hash(link: Any, code: str, keys: PersonKeys) -> str:  # noqa: ANN401 - a link or None
    """Keyed outside the database and bound to the link: a copy of the database tells no code."""
    return keys.lookup_hash(f"own-page/{link.ref if link is not None else 'nobody'}/{code}")
