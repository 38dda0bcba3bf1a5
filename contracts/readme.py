"""The map of the bus in words, generated: subject, who publishes, who listens, why. Written by `./relais documents`."""

from contracts.asks import ASKS
from contracts.facts import FACTS
from contracts.schema import ANY_TERRITORY
from contracts.topology import LISTENS, PUBLISHES, SERVICES

INTRODUCTION = """# The contracts

All that a service of Relais may know of another. This page is generated from the code by `./relais documents`.

| file | what it says |
|---|---|
| `facts.py` | what happened, in the past tense: references and coded words, nothing of a person |
| `asks.py`, `replies.py` | questions and commands between services, answered at once with a reply or a named refusal |
| `actions.py` | what somebody can do to a referral, one model per row of the life cycle |
| `lifecycle.py` | the life of a referral as a table: from where, to where, by whom |
| `dossier.py` | what could be said of a person, each field tagged with its category |
| `consent.py` | grants, routes, and `disclose`, the one rule that builds what a partner reads |
| `refusals.py` | every expected no: a class, a slug, a French sentence, a status |
| `vocabulary.py`, `rights.py` | the words of the field as closed lists, and the rights catalogue as data |
| `viewer.py`, `pages.py` | who asks, and the pages that may be linked to |
| `topology.py` | who publishes, listens and asks; bus permissions and consumers are made from it |
| `schemas/`, `asyncapi.json`, `openapi.json` | the same, generated for other programs |

A new optional field keeps a fact's version. Anything else is a new class (`ReferralSentV2`), and both are published
until nobody listens to the first. `./relais documents` and the tests refuse a change that is not additive.
"""


def readme() -> str:
    """The whole page, in Markdown."""
    facts = [
        f"| `{kind.subject(ANY_TERRITORY)}` | {_services(PUBLISHES, kind.words()[0])} |"
        f" {_services(LISTENS, kind.words()[0])} | {_first_line(kind.__doc__)} |"
        for kind in FACTS.values()
    ]
    asks = [
        f"| `{name}` | {', '.join(ask.asked_by)} | {ask.answered_by} | {_first_line(ask.__doc__)} |"
        for name, ask in ASKS.items()
    ]
    return "\n".join(
        [
            INTRODUCTION,
            "## Facts",
            "",
            "| subject | published by | listened to by | why |",
            "|---|---|---|---|",
            *facts,
            "",
            "## Asks",
            "",
            "| ask | asked by | answered by | why |",
            "|---|---|---|---|",
            *asks,
            "",
        ]
    )


def _services(table: dict[str, tuple[str, ...]], thing: str) -> str:
    return ", ".join(service for service in SERVICES if thing in table[service]) or "–"


def _first_line(doc: str | None) -> str:
    text = " ".join((doc or "").split())
    return text.split(". ")[0].rstrip(".").replace("|", "\\|")
