"""What imports read: the directory as it is compared, drafts with their rows, and what is gone from a file."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.refusals import NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.partners.directory_commands import CARD
from services.partners.import_columns import BETWEEN, folded
from services.partners.import_reading import MOST_ROWS
from services.partners.import_tables import DirectoryImport, DirectoryImportRow
from services.partners.import_verdict import OWN_SOURCE, Directory, Given, Known, KnownDesk, Outcome
from services.runtime.database import Work
from services.runtime.driver import Row

PAGE = 25
_ORGANISATIONS = f"""
SELECT o.ref, o.name, o.kind, o.siret, o.closed, {", ".join(f"c.{one}" for one in CARD)}
FROM partners.organisation o LEFT JOIN partners.organisationcard c ON c.organisation = o.ref
WHERE cast(:refs AS uuid[]) IS NULL OR o.ref = ANY(:refs) ORDER BY o.name, o.ref
"""
_DESKS = """
SELECT ref, organisation, name, phone, rights, modes FROM partners.desk
WHERE cast(:refs AS uuid[]) IS NULL OR organisation = ANY(:refs) ORDER BY name, ref
"""
_LATEST = """
SELECT i.ref, i.form, i.state, i.made_at, a.name AS who,
    (SELECT count(*) FROM partners.directoryimportrow r WHERE r.draft = i.ref) AS rows
FROM partners.directoryimport i LEFT JOIN partners.account a ON a.ref = i.account
WHERE i.state <> 'dropped' ORDER BY i.made_at DESC LIMIT 20
"""
_COUNTS = """
SELECT outcome, act, result, count(*) AS rows FROM partners.directoryimportrow WHERE draft = :draft GROUP BY 1, 2, 3
"""
_DIGEST = """
SELECT md5(string_agg(act || (found -> 'changes')::text || coalesce(found ->> 'target', ''), ',' ORDER BY number))
FROM partners.directoryimportrow WHERE draft = :draft
"""
_IDENTIFIERS = """
SELECT found -> 'values' ->> 'source' AS source, array_agg(found -> 'values' ->> 'id') AS identifiers
FROM partners.directoryimportrow WHERE draft = :draft AND found -> 'values' ? 'id' GROUP BY 1
"""
_GONE = """
SELECT DISTINCT o.ref, o.name, o.kind FROM partners.organisationorigin g
JOIN partners.organisation o ON o.ref = g.organisation AND NOT o.closed
WHERE g.source = :source AND NOT g.identifier = ANY(:identifiers) ORDER BY o.name
"""
_NOT_THERE = """
SELECT ref, name, kind FROM partners.organisation WHERE NOT closed AND NOT ref::text = ANY(:identifiers) ORDER BY name
"""
_ADMINISTRATOR = """
SELECT a.ref, a.name, o.ref AS organisation, o.name AS organisation_name, o.kind FROM partners.account a
JOIN partners.organisation o ON o.ref = a.organisation AND NOT o.closed
JOIN partners.membership m ON m.account = a.ref AND m.role = 'administrator'
WHERE a.ref = :account AND a.active
"""


async def read_known(_viewer: Viewer | None, work: Work, refs: Sequence[UUID] | None = None) -> dict[UUID, Known]:
    """Organisations with their cards and desks as texts: all of them, or these."""
    desks: dict[UUID, dict[str, KnownDesk]] = {}
    for one in await work.execute(_DESKS, refs=refs):
        values = {"desk": one.name, "desk_phone": one.phone or "",
                  "rights": BETWEEN.join(one.rights), "modes": BETWEEN.join(one.modes)}  # fmt: skip
        desks.setdefault(one.organisation, {}).setdefault(folded(one.name), KnownDesk(one.ref, values))
    return {
        one.ref: Known(
            one.ref,
            {"name": one.name, "kind": one.kind, "siret": one.siret or "", **{name: one[name] or "" for name in CARD}},
            one.closed,
            desks.get(one.ref, {}),
        )
        for one in await work.execute(_ORGANISATIONS, refs=refs)
    }


async def read_directory(viewer: Viewer | None, work: Work) -> Directory:
    """Every organisation and every origin."""
    rows = await work.execute("SELECT source, identifier, organisation, taken FROM partners.organisationorigin")
    origins = {(one.source, one.identifier): (one.organisation, parsed(viewer, one.taken)) for one in rows}
    return Directory(await read_known(viewer, work), origins)


async def latest_imports(_viewer: Viewer, work: Work) -> list[Row]:
    """The last imports, the newest first; those that were dropped are not among them."""
    return (await work.execute(_LATEST)).all()


async def read_draft(_viewer: Viewer, work: Work, ref: UUID, *, lock: bool = False) -> DirectoryImport:
    """One import. Refusal: NotFound."""
    row = await work.session.get(DirectoryImport, ref, with_for_update=lock)
    if row is None or row.state == "dropped":
        raise NotFound
    return row


async def rows_of(_viewer: Viewer, work: Work, draft: UUID) -> list[Row]:
    """Every row of an import, in the order of the file."""
    statement = "SELECT * FROM partners.directoryimportrow WHERE draft = :draft ORDER BY number"
    return (await work.execute(statement, draft=draft)).all()


async def read_row(_viewer: Viewer, work: Work, draft: UUID, number: int) -> DirectoryImportRow:
    """One row. Refusal: NotFound."""
    # The title line is the first; a larger number than a table has would be an error of the database.
    row = await work.session.get(DirectoryImportRow, (draft, number)) if 1 < number <= MOST_ROWS + 1 else None
    if row is None:
        raise NotFound
    return row


async def page_of(_viewer: Viewer, work: Work, draft: UUID, outcome: Outcome, page: int) -> list[Row]:
    """One page of the rows of a view, in the order of the file; those to decide that wait for it come first."""
    statement = (
        "SELECT * FROM partners.directoryimportrow WHERE draft = :draft AND outcome = :outcome"
        " ORDER BY act <> '', number LIMIT :most OFFSET :skip"
    )
    found = await work.execute(statement, draft=draft, outcome=outcome.value, most=PAGE, skip=PAGE * (page - 1))
    return found.all()


async def left_rows(_viewer: Viewer, work: Work, draft: UUID) -> list[Row]:
    """What an import that is over left aside, in the order of the file; 200 at most."""
    statement = (
        "SELECT number, title, reason FROM partners.directoryimportrow WHERE draft = :draft AND result = 'left'"
        " ORDER BY number LIMIT 200"
    )
    return (await work.execute(statement, draft=draft)).all()


async def counts_of(_viewer: Viewer, work: Work, draft: UUID) -> list[Row]:
    """How many rows by outcome, act and result."""
    return (await work.execute(_COUNTS, draft=draft)).all()


async def digest_of(_viewer: Viewer, work: Work, draft: UUID) -> str:
    """A short text that is another when something else would be done."""
    return str((await work.execute(_DIGEST, draft=draft)).scalar_one())


async def gone_from_file(_viewer: Viewer, work: Work, draft: UUID) -> list[tuple[UUID, str, str]]:
    """Organisations that came from a source of this file, and are in it no more: reference, name, kind."""
    found: dict[UUID, tuple[UUID, str, str]] = {}
    for one in (await work.execute(_IDENTIFIERS, draft=draft)).all():
        given = {"identifiers": one.identifiers} | ({} if one.source == OWN_SOURCE else {"source": one.source})
        for row in await work.execute(_NOT_THERE if one.source == OWN_SOURCE else _GONE, **given):
            found[row.ref] = (row.ref, row.name, OrganisationKind(row.kind).label)
    return sorted(found.values(), key=lambda one: one[1])


async def administrator_of(_viewer: Viewer | None, work: Work, account: UUID) -> Viewer | None:
    """Whoever began an import, if she still administers; None when she does not."""
    row = (await work.execute(_ADMINISTRATOR, account=account)).first()
    if row is None:
        return None
    return Viewer(
        account=row.ref,
        display_name=row.name,
        organisation=row.organisation,
        organisation_name=row.organisation_name,
        organisation_kind=OrganisationKind(row.kind),
        roles=frozenset({Role.ADMINISTRATOR}),
        territory=work.territory,
    )


def given_of(viewer: Viewer | None, row: Row, mapping: Sequence[str]) -> Given:
    """A row as it is checked: its cells under the names of their columns, with what was written in their place."""
    cells = {code: cell for code, cell in zip(mapping, parsed(viewer, row.cells), strict=True) if code}
    return Given(row.number, cells | parsed(viewer, row.edits), row.choice)


def parsed(_viewer: Viewer | None, value: Any) -> Any:  # noqa: ANN401 - what a JSON column holds
    """The value of a JSON column, which the driver hands over as text."""
    return json.loads(value) if isinstance(value, str) else value
