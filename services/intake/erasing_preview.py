"""What an erasure would take, leave and stop, counted before anybody decides it; nothing of the person is read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from contracts.lifecycle import OPEN
from contracts.viewer import Viewer
from services.intake.erasable import APART, KEPT, of_person, personal_tables
from services.intake.erasing_words import FIGURES, GOES, OTHER, OTHER_KEPT, REGISTER, STAYS
from services.intake.tables import Base
from services.intake.united_files import files_of
from services.runtime.database import Work

_FILE = "SELECT file_number FROM intake.person WHERE ref = :person"
_UNDER_WAY = """
SELECT recipient_organisation_name AS organisation, desk_name AS desk, count(*) AS many FROM intake.handover
WHERE person = ANY(:files) AND (step = 'sending' OR step = 'sent' AND state = ANY(:open)) GROUP BY 1, 2 ORDER BY 1, 2
"""
_DESKS = """
SELECT count(DISTINCT h.desk) FROM intake.handover h JOIN intake.consentgrant g ON g.ref = h."grant"
WHERE h.person = ANY(:files) AND h.step IN ('sending', 'sent') AND (g.withdrawn_at IS NULL AND g.expires_at > :now)
    AND (h.delivered_at IS NOT NULL OR EXISTS (SELECT 1 FROM intake.journalentry j
        WHERE j.handover = h.ref AND j.kind = 'disclosed' AND j.refusal IS NULL))
"""


@dataclass(frozen=True)
class Preview:
    """`goes` and `stays` are (what, how many or why) in the order of the page; `under_way` are open referrals by desk.

    `file_number` is None once she is erased; `desks` is how many desks will be asked to erase what they read.
    """

    file_number: str | None
    goes: tuple[tuple[str, str], ...]
    stays: tuple[tuple[str, str], ...]
    under_way: tuple[str, ...]
    desks: int


async def preview_erasure(viewer: Viewer, work: Work, person: UUID) -> Preview:
    """Count over every file of hers, in the transaction of the DPO who decides (`decision_of`)."""
    assert work.viewer is not None and work.viewer.account == viewer.account
    files = list(await files_of(work, person))
    counts: Counter[str] = Counter()
    for one in files:
        counts.update(await _counts(work, one))
    rows = (await work.execute(_UNDER_WAY, files=files, open=["draft", *(one.value for one in OPEN)])).all()
    return Preview(
        file_number=(await work.execute(_FILE, person=person)).scalar_one_or_none(),
        goes=_goes(counts),
        stays=_stays(counts),
        under_way=tuple(
            f"{row.organisation}, {row.desk}" + (f"\u202f: {row.many}" if row.many > 1 else "") for row in rows
        ),
        desks=int((await work.execute(_DESKS, files=files, now=work.now)).scalar_one()),
    )


async def _counts(work: Work, person: UUID) -> dict[str, int]:
    """Rows of hers by table; those that this service may only delete are left out."""
    tables = [one for one in personal_tables(Base.metadata) if one.name not in APART]
    union = " UNION ALL ".join(
        f"SELECT '{one.name}' AS name, count(*) AS many FROM intake.\"{one.name}\" WHERE {of_person(one)}"
        for one in tables
    )
    return {row.name: row.many for row in (await work.execute(union, person=person)).all()}


def _goes(counts: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    said = [(words, _lines(counts[name])) for name, words in GOES.items() if counts.get(name)]
    others = sum(many for name, many in counts.items() if name not in GOES and name not in KEPT)
    if others:
        said.append((OTHER, _lines(others)))
    said += [(GOES[name], "si elle en a donné une") for name in sorted(APART) if name in GOES]
    return (*said, ("Sa clé de chiffrement", "détruite\u202f: aucune copie ne pourra être lue"))


def _stays(counts: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    said = [STAYS.get(name, OTHER_KEPT) for name in KEPT if counts.get(name)]
    return (*dict.fromkeys(said), FIGURES, REGISTER)


def _lines(many: int) -> str:
    return "1 ligne" if many == 1 else f"{many} lignes"
