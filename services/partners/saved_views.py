"""The views of the list that somebody keeps under a name: hers alone, a few, each an address of the list."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from contracts.refusals import InvalidInput, NotFound
from contracts.viewer import Viewer
from services.partners.queue_tables import SavedView
from services.partners.wanted import Wanted
from services.runtime.database import Work

MOST = 8
_OF_ACCOUNT = "SELECT ref, name, query FROM partners.savedview WHERE account = :account ORDER BY created_at, ref"
_V: Any = SavedView  # its attributes are SQL columns in a statement


async def read_views(viewer: Viewer, work: Work) -> list[SavedView]:
    """Her views, the oldest first."""
    return [cast(SavedView, row) for row in await work.execute(_OF_ACCOUNT, account=viewer.account)]


async def save_view(viewer: Viewer, name: str, wanted: Wanted, work: Work) -> None:
    """Keep that view under that name; the same name again is the newer view. Refusals: InvalidInput beyond MOST."""
    names = {one.name for one in await read_views(viewer, work)}
    if name not in names and len(names) >= MOST:
        raise InvalidInput(field="name", reason=f"Vous gardez déjà {MOST} vues\u202f: retirez-en une d’abord.")
    values = {"account": viewer.account, "name": name, "query": wanted.query, "created_at": work.now}
    again = insert(SavedView).values(values).on_conflict_do_update(
        constraint="savedview_once", set_={"query": wanted.query}
    )  # fmt: skip
    await work.session.execute(again)


async def drop_view(viewer: Viewer, ref: UUID, work: Work) -> None:
    """Keep it no longer. Unknown and another's are one answer: NotFound."""
    statement = delete(SavedView).where(_V.ref == ref, _V.account == viewer.account).returning(_V.ref)
    if (await work.session.execute(statement)).scalar_one_or_none() is None:
        raise NotFound
