"""Who publishes what, who listens to what, who asks whom: the map from which bus permissions and consumers are made."""

from contracts.asks import ASKS
from contracts.envelope import STREAM
from contracts.facts import FACTS

SERVICES = ("intake", "referral", "partners", "notify")
PUBLISHES: dict[str, tuple[str, ...]] = {
    "intake": ("person", "consent", "rights"),
    "referral": ("referral", "right"),
    "partners": ("desk_item",),
    "notify": (),
}
LISTENS: dict[str, tuple[str, ...]] = {
    "intake": ("referral", "desk_item"),
    "referral": ("person", "consent", "rights", "desk_item"),
    "partners": ("referral",),
    "notify": ("referral",),
}
PREFIXES: dict[str, tuple[str, ...]] = {
    "intake": ("personnes", "orientations", "aujourdhui", "api/people", "api/referrals"),
    "referral": ("tableau", "api/board"),
    "partners": ("", "connexion", "deconnexion", "bureau", "reseau", "aide", "accessibilite", "api/desk"),
    "notify": ("courrier",),
}


def objects() -> tuple[str, ...]:
    """Every object that has facts."""
    return tuple(sorted({kind.words()[0] for kind in FACTS.values()}))


def durables(service: str) -> dict[str, str]:
    """The durable consumers of a service, by object: one for each, taking all its facts in order."""
    return {thing: f"{service}-{thing}" for thing in LISTENS[service]}


def fact_subjects(thing: str, territory: str) -> str:
    """The filter that takes every fact of an object."""
    return f"relais.{territory}.{thing}.>"


def may_publish(service: str, territory: str) -> tuple[str, ...]:
    """Exactly the subjects on which that service may publish: its facts, its asks, its hints, and its own consumers."""
    facts = [fact_subjects(thing, territory) for thing in PUBLISHES[service]]
    asks = [ask.subject(territory) for ask in ASKS.values() if service in ask.asked_by]
    own = [
        subject
        for durable in durables(service).values()
        for subject in (
            f"$JS.API.CONSUMER.INFO.{STREAM}.{durable}",
            f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{durable}",
            f"$JS.ACK.{STREAM}.{durable}.>",
            f"$JS.ACK.*.*.{STREAM}.{durable}.>",
        )
    ]
    return (*facts, *asks, f"hint.{territory}.>", *own)


def may_subscribe(service: str, territory: str) -> tuple[str, ...]:
    """Exactly the subjects to which that service may subscribe: the asks it answers, hints, and its own reply inbox."""
    asks = [ask.subject(territory) for ask in ASKS.values() if ask.answered_by == service]
    return (*asks, f"hint.{territory}.>", f"_INBOX_{service}.>")
