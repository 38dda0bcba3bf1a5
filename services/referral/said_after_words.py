"""What people said after the end, in the words of the board. Pure."""

from contracts.vocabulary import RightReally, Usefulness
from services.referral.board_view import Names, count, percent
from services.referral.said_after import Said


def sentence(said: Said) -> str:
    """What they said, in words."""
    if not said.answers:
        return "Personne n’a encore répondu à une vérification."
    told = f"{count(said.answers, 'réponse', 'réponses')} aux vérifications d’un et trois mois"
    parts = [
        count(said.contacted, "dit avoir été contactée", "disent avoir été contactées"),
        count(said.really.get(RightReally.YES, 0), "a son droit", "ont leur droit"),
    ]
    return f"{told}\u202f: {', '.join(parts)}. {_useful(said)}"


def _useful(said: Said) -> str:
    if not said.spoken:
        return "Aucune n’a dit si cela a été utile."
    silent = said.answers - said.spoken
    words = [f"{said.useful.get(one, 0)} {one.label.lower()}" for one in Usefulness]
    rest = f", {silent} sans avis" if silent else ""
    return f"Utile\u202f? {', '.join(words)}{rest}\u202f: {percent(said.of_use / said.spoken)} au moins en partie."


def contradicted(number: int) -> str:
    """How often an outcome was said not to be so; nothing when it never was."""
    if not number:
        return ""
    told = "Une fois, la personne" if number == 1 else f"{number} fois, la personne"
    return f"{told} ou qui l’accompagne a contredit l’issue, et l’orientation a recommencé."


def desk_rows(said: Said, names: Names) -> list[list[str]]:
    """By desk: how many said whether it was of use, and how many of them that it was at least in part."""
    rows = [
        [names.desk_alone(desk), str(number), f"{of_use} ({percent(of_use / number)})"]
        for desk, (number, of_use) in said.by_desk.items()
    ]
    return sorted(rows, key=lambda row: row[0])
