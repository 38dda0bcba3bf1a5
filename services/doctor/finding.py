"""What the doctor says: one line a thing looked at, what is wrong first."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `sentence` says how it is, `mend` what to do about it (empty when all is well)."""

    ok: bool
    subject: str
    sentence: str
    mend: str = ""


def well(subject: str, sentence: str) -> Finding:
    """A finding that asks for nothing."""
    return Finding(True, subject, sentence)


def wrong(subject: str, sentence: str, mend: str) -> Finding:
    """A finding that asks for something."""
    return Finding(False, subject, sentence, mend)


def render(findings: Iterable[Finding]) -> str:
    """One line a finding, what is wrong first, then a sentence that counts."""
    ordered = sorted(findings, key=lambda one: one.ok)
    bad = sum(not one.ok for one in ordered)
    verdict = "Tout va bien." if not bad else f"{bad} point{'s' if bad > 1 else ''} à voir."
    return "\n".join([*(_line(one) for one in ordered), verdict])


def _line(finding: Finding) -> str:
    mark = "bien   " if finding.ok else "À VOIR "
    return f"{mark} {finding.subject} : {finding.sentence}" + (f" → {finding.mend}" if finding.mend else "")
