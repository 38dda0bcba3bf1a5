"""Who publishes what, who listens to what, who asks whom: the map from which bus permissions and consumers are made."""

from contracts.asks import ASKS
from contracts.envelope import STREAM
from contracts.facts import FACTS

SERVICES = ("intake", "referral", "partners", "notify")
PUBLISHES: dict[str, tuple[str, ...]] = {
    "intake": ("person", "consent", "rights", "erasure", "safeguard"),
    "referral": ("referral", "right"),
    "partners": ("desk_item", "desk_hours", "member", "organisation", "convention"),
    "notify": ("reminder",),
}
# Roles of the database beside a service's `web` and `worker`: what is kept apart from both (docs/person-page.md).
ROLES_APART: dict[str, tuple[str, ...]] = {"intake": ("evaluation", "officer")}
LISTENS: dict[str, tuple[str, ...]] = {
    "intake": ("referral", "desk_item", "member", "organisation", "convention"),
    "referral": ("person", "consent", "rights", "desk_item", "desk_hours", "member", "organisation", "reminder"),
    "partners": ("referral", "member"),
    "notify": ("referral", "desk_item", "erasure", "safeguard", "convention"),
}
PREFIXES: dict[str, tuple[str, ...]] = {
    "intake": (
        "personnes",
        "moi",
        "orientations",
        "aujourdhui",
        "rencontre",
        "api/people",
        "api/referrals",
        "circuits",
        "effacements",
        "demandes",
        "journal",
        "urgence",
        "notices",
    ),
    "referral": ("tableau", "ouvert", "api/board"),
    "partners": (
        "",
        "connexion",
        "deconnexion",
        "compte",
        "installation",
        "bureau",
        "reseau",
        "annuaire",
        "absences",
        "aide",
        "accessibilite",
        "api/desk",
    ),
    "notify": ("courrier", "avis", "rappels"),
}


# Intake holds the persons, so it alone may look for what speaks of an erased one in the stream, and delete it there.
ERASES = "intake"
_ERASING = (
    f"$JS.API.STREAM.INFO.{STREAM}",
    f"$JS.API.STREAM.MSG.GET.{STREAM}",
    f"$JS.API.STREAM.MSG.DELETE.{STREAM}",
    f"$JS.API.CONSUMER.INFO.{STREAM}.*",
)


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
    return (*facts, *asks, f"hint.{territory}.>", *own, *(_ERASING if service == ERASES else ()))


def may_subscribe(service: str, territory: str) -> tuple[str, ...]:
    """Exactly the subjects to which that service may subscribe: the asks it answers, hints, and its own reply inbox."""
    asks = [ask.subject(territory) for ask in ASKS.values() if ask.answered_by == service]
    return (*asks, f"hint.{territory}.>", f"_INBOX_{service}.>")
