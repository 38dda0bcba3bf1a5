"""The matrix of roles as a document, read off the code: every page and who may open it, every action and who may start
it, every question between services. `docs/roles.md` is written by `./relais documents`.
"""

from collections import defaultdict
from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from contracts.asks import ASKS
from contracts.lifecycle import TABLE, Party
from contracts.topology import SERVICES
from contracts.viewer import Role

ROLES = {
    Role.REFERENT: "référente",
    Role.DESK_AGENT: "agent de guichet",
    Role.DESK_MANAGER: "responsable de guichet",
    Role.COORDINATOR: "coordination",
    Role.DPO: "DPO",
    Role.ADMINISTRATOR: "administration",
}
# Address: title, and what each role sees there. The longest address that fits a route is its place.
PLACES: dict[str, tuple[str, str]] = {
    "/aujourdhui": ("Aujourd’hui", "La référente voit ce qui l’attend, et les tâches de ses collègues absentes."),
    "/rencontre": ("Nouvelle rencontre", "La référente note une rencontre en une fois, aussi sans réseau ; le "
                   "travailleur de service est un programme sans donnée, ouvert à tous."),
    "/personnes": ("Personnes", "La référente voit les personnes de son organisme ; ouvrir le dossier d’une collègue "
                   "demande un motif, et se voit au journal."),
    "/orientations": ("Orientations envoyées", "La référente suit celles de son organisme."),
    "/api/people": ("Personnes, pour un logiciel", "Comme la page : l’organisme de qui demande."),
    "/api/referrals": ("Orientations, pour un logiciel", "Comme la page : l’organisme de qui demande."),
    "/bureau": ("Orientations reçues", "Le guichet voit celles qui lui sont adressées, et de la personne seulement ce "
                "que son accord couvre maintenant. La ou le responsable attribue, et voit ce que personne ne suit."),
    "/bureau/reglages": ("Réglages du guichet", "La ou le responsable règle ses guichets et leurs membres."),
    "/api/desk": ("Orientations reçues, pour un logiciel", "Comme la page, dans les mêmes limites."),
    "/effacements": ("Demandes d’effacement", "La DPO voit ce qui a été demandé à quel organisme, sans contenu."),
    "/tableau": ("Tableau", "La coordination voit des délais, des états, des motifs et des nombres ; jamais un nom."),
    "/tableau/reperes": ("Délais et rappels", "La coordination les change ; la ou le responsable lit ceux de ses "
                         "guichets. Des délais et des nombres, jamais une personne."),
    "/ouvert": ("Données ouvertes", "Tout le monde lit les nombres publiés\u202f; aucun en dessous de 11."),
    "/api/board": ("Tableau, pour un logiciel", "Les mêmes nombres."),
    "/reseau": ("Réseau", "Chacun voit organismes, guichets et contacts : des professionnels seulement."),
    "/reseau/conventions": ("Conventions", "La DPO et l’administration tiennent les conventions."),
    "/circuits": ("Circuits de partage", "La DPO valide qui peut partager avec qui, et sur quelle base."),
    "/annuaire": ("Annuaire", "L’administration tient organismes, guichets et membres ; la ou le responsable, la fiche "
                  "des membres de ses guichets. Aucune donnée d’une personne accompagnée : des nombres au plus."),
    "/absences": ("Absences", "Chacun note les siennes ; la ou le responsable, celles de ses guichets."),
    "/journal": ("Journal", "La DPO voit qui a lu quoi, quand et pourquoi."),
    "/demandes": ("Demandes des personnes", "La DPO traite accès, rectification, effacement et limitation."),
    "/urgence": ("Accès en urgence", "Se déclare et se confirme à deux ; la DPO le voit."),
    "/notices": ("Notices d’information", "La DPO les rédige ; une fois publiées, chacun peut les lire."),
    "/moi": ("La page de la personne", "Elle seule, par son code : aucune session d’un professionnel ne l’ouvre."),
    "/compte": ("Mon compte", "Chacun voit ses moyens de connexion et ses appareils."),
    "/avis": ("Avis", "Chacun voit les siens ; ils ne nomment personne."),
    "/rappels": ("Rappels", "Ce qui a été rappelé, à quel guichet ; aucune personne n’y est nommée."),
    "/connexion": ("Connexion", "Ouverte à tous."),
    "/deconnexion": ("Déconnexion", "Ouverte à tous."),
    "/installation": ("Première installation", "Ouverte avec le jeton du premier démarrage, une fois."),
    "/aide": ("Aide", "Chacun, selon son rôle."),
    "/accessibilite": ("Accessibilité", "Ouverte à tous."),
    "/composants": ("Composants des pages", "Ce dont les pages sont faites, sans donnée."),
    "/courrier": ("Courrier de la démonstration", "N’existe qu’avec les serveurs intégrés, sur la machine elle-même."),
    "/livez": ("Santé", "Pour la supervision : rien d’une personne."),
    "/readyz": ("Santé", "Pour la supervision : rien d’une personne."),
    "/metrics": ("Santé", "Pour la supervision : rien d’une personne."),
    "/": ("Accueil", "Chacun est conduit à sa première page."),
}  # fmt: skip
ELSEWHERE = ("Autres pages", "Leur place reste à décrire dans `services/roles.py`.")
INTRODUCTION = """# Qui peut faire quoi

Cette page est générée du code par `./relais documents`, et un test échoue quand elle n’est plus à jour. Tout est fermé
par défaut : une route sans rôle déclaré arrête le démarrage. Un rôle ouvre une page ; ce qu’on y voit est encore limité
par l’organisme, le guichet et l’accord de la personne, sous la sécurité par ligne de PostgreSQL. Ce qui n’est pas à soi
répond comme ce qui n’existe pas. L’administration n’a accès à aucun contenu.

« oui » : le rôle ouvre la page ; « – » : refusé. « tous » : sans se connecter.
"""


def place_of(path: str) -> str:
    """The longest known address that the path begins with; "" when none does."""
    fitting = [one for one in PLACES if path == one or (one != "/" and path.startswith(one + "/"))]
    return max(fitting, key=len, default="")


def matrix(routes: Iterable[BaseRoute]) -> str:
    """The whole document, in Markdown."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for route in routes:
        if isinstance(route, APIRoute):
            title = PLACES.get(place_of(route.path), ELSEWHERE)
            found[title].update(_lines(route))
    order = list(dict.fromkeys((*PLACES.values(), ELSEWHERE)))
    parts = [_section(*title, found[title]) for title in order if title in found]
    return "\n".join([INTRODUCTION, "## Les pages", "", *parts, _actions(), "", _asks(), ""])


def _lines(route: APIRoute) -> list[str]:
    roles: frozenset[Role] = route.endpoint.relais_roles  # type: ignore[attr-defined]
    cells = ["oui" if role in roles else "–" if roles else "tous" for role in ROLES]
    methods = sorted(route.methods - {"HEAD"})
    return [f"| `{method} {route.path}` | {' | '.join(cells)} |" for method in methods]


def _section(title: str, sees: str, lines: set[str]) -> str:
    head = f"| adresse | {' | '.join(ROLES.values())} |\n|---{'|---' * len(ROLES)}|"
    rows = "\n".join(sorted(lines, key=lambda line: (line.split(" ")[2].rstrip("`"), line)))
    return f"### {title}\n\n{sees}\n\n{head}\n{rows}\n"


def _actions() -> str:
    parties = [party for party in Party if party not in (Party.CLOCK, Party.CONSENT)]
    head = f"| action | {' | '.join(party.label.lower() for party in parties)} |\n|---{'|---' * len(parties)}|"
    rows = [
        f"| {row.label} | {' | '.join('oui' if party in row.parties else '–' for party in parties)} |"
        for row in TABLE
        if row.parties & set(parties)
    ]
    sentence = "Qui peut commencer quoi, sur une orientation qui est à son organisme ou à son guichet."
    return "\n".join(["## Les actions sur une orientation", "", sentence, "", head, *rows])


def _asks() -> str:
    head = f"| demande | {' | '.join(SERVICES)} |\n|---{'|---' * len(SERVICES)}|"
    rows = [f"| `{name}` | {' | '.join(_cell(ask, service) for service in SERVICES)} |" for name, ask in ASKS.items()]
    sentence = "Entre services, sur le bus : qui demande, qui répond. Le serveur NATS refuse toute autre demande."
    return "\n".join(["## Les demandes entre services", "", sentence, "", head, *rows])


def _cell(ask: type, service: str) -> str:
    if service == ask.answered_by:  # type: ignore[attr-defined]
        return "répond"
    return "demande" if service in ask.asked_by else "–"  # type: ignore[attr-defined]
