"""Why a desk is asked to erase, beside what the contracts say: for those who are not there any more to be told."""

from contracts.vocabulary import ErasureCause, Word


class DepartureCause(Word):
    """Beside ErasureCause."""

    DEPARTURE = "departure", "L’organisme a quitté le réseau"


def cause_label(cause: str) -> str:
    """Why a desk was asked, in words."""
    return DepartureCause(cause).label if cause in set(DepartureCause) else ErasureCause(cause).label
