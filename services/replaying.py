"""`relais replay`: every read model made again from the record of facts, compared with the live one, and put right; and
in one sentence each, what cannot be made again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from contracts.topology import SERVICES
from services.intake import rebuilding as of_intake
from services.notify import rebuilding as of_notify
from services.partners import rebuilding as of_partners
from services.referral import rebuilding as of_referral
from services.referral import relearning
from services.runtime.database import Database
from services.runtime.projecting import Compared, Progress, Record
from services.runtime.settings import Settings
from services.terminal import bar, console
from services.whole import at_rest

EVERY = "tout"
Rebuild = Callable[[Database, Record, Progress], Awaitable[Sequence[Compared]]]


async def _referral(database: Database, record: Record, tell: Progress) -> Sequence[Compared]:
    learnt = await relearning.relearn(database, record)
    figures = await of_referral.rebuild(database, tell, record.at_once)
    counted = [Compared(f"referral.{table}", differing=number) for table, number in figures.differing.items()]
    return [*learnt, *counted]


REBUILDS: dict[str, tuple[Rebuild, Mapping[str, str]]] = {
    "referral": (_referral, relearning.NOT_REBUILT),
    "partners": (of_partners.rebuild, of_partners.NOT_REBUILT),
    "intake": (of_intake.rebuild, of_intake.NOT_REBUILT),
    "notify": (of_notify.rebuild, of_notify.NOT_REBUILT),
}


async def replay(settings: Settings, name: str) -> int:
    """0 when every live row was that of the record, 1 when some had to be put right."""
    if name != EVERY and name not in REBUILDS:
        raise SystemExit(f"relais : service inconnu. Choisissez parmi {', '.join([EVERY, *SERVICES])}.")
    async with at_rest(settings, *SERVICES) as services:
        databases = {service: made.database for service, made in services.items()}
        return await replay_over(databases, list(REBUILDS) if name == EVERY else [name])


async def replay_over(databases: Mapping[str, Database], names: Sequence[str]) -> int:
    """The same over databases that somebody else opened and closes."""
    record, identical = Record(databases), True
    for name in names:
        rebuild, not_rebuilt = REBUILDS[name]
        with bar(f"{name}, objets relus") as shown:
            found = await rebuild(databases[name], record, shown.reached)
        for one in found:
            console.print(_line(one), soft_wrap=True, markup=False)
        for thing, why in not_rebuilt.items():
            console.print(f"  {thing} : non refait ({why}).", soft_wrap=True, markup=False)
        identical = identical and all(one.identical for one in found)
    console.print("Rien ne différait." if identical else "Ce qui différait est corrigé.")
    return 0 if identical else 1


def _line(one: Compared) -> str:
    if one.identical:
        return f"{one.table} : identique{f', {one.rows} lignes' if one.rows else ''}."
    counted = (("différentes", one.differing), ("manquantes", one.missing), ("en trop", one.extra))
    said = ", ".join(f"{number} {word}" for word, number in counted if number)
    return f"{one.table} : corrigé, lignes : {said}."
