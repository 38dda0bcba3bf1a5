"""The first visit: for each role three things to know, her part in the hand-over drawn as the thread, and whether this
is the first visit.
"""

from dataclasses import dataclass

from contracts.viewer import Role, Viewer
from services.runtime.database import Work

PAGE = "/aide/trois-choses"


@dataclass(frozen=True)
class Thing:
    """One thing to know: a title, what it is about, and the page where it is so."""

    title: str
    text: str
    href: str
    label: str


@dataclass(frozen=True)
class Welcome:
    """What a role is shown. `steps` are the knots of the thread: name, whose it is, whether it is hers."""

    lead: str
    steps: tuple[tuple[str, str, bool], ...]
    things: tuple[Thing, Thing, Thing]


WELCOMES: dict[Role, Welcome] = {
    Role.REFERENT: Welcome(
        "Vous rencontrez la personne, vous la confiez à un contact nommé, et vous savez si son droit a été ouvert.",
        (
            ("Rencontre", "vous", True), ("Accord", "elle décide", False), ("Confiée", "vous, à un nom", True),
            ("Réponse", "le guichet, sous 2 jours", False), ("Droit ouvert", "vous le vérifiez avec elle", True),
        ),
        (
            Thing("Commencez par Aujourd’hui",
                  "Ce qui vous attend y est rangé par geste. Si un guichet ne répond pas, cela revient ici\u202f: rien "
                  "ne se perd en silence.", "/aujourdhui", "Ouvrir Aujourd’hui"),
            Thing("C’est la personne qui décide",
                  "Un guichet ne lit que ce qu’elle a accepté de lui montrer, jusqu’à la date dite. Si elle change "
                  "d’avis, il cesse de lire aussitôt, et votre suivi continue.", "/notices", "Les notices à lui lire"),
            Thing("Une rencontre tient en une page",
                  "Droits possibles et accords compris, même sans réseau. Jamais de numéro de sécurité sociale, jamais "
                  "de santé.", "/rencontre", "Noter une rencontre"),
        ),
    ),
    Role.DESK_AGENT: Welcome(
        "Des personnes vous sont confiées, à votre nom. Elles ont accepté ce que vous lisez, et rien de plus.",
        (
            ("Confiée", "par qui l’accompagne", False), ("Réception", "vous, sous 2 jours ouvrés", True),
            ("Contact", "vous, au jour promis", True), ("Issue", "vous la dites", True),
            ("Vérifiée", "avec la personne", False),
        ),
        (
            Thing("Accusez réception d’abord",
                  "Le plus pressé est en haut de la liste. Accuser réception, c’est dire quel jour vous contacterez la "
                  "personne\u202f: deux jours ouvrés au plus, quatre heures si c’est urgent.", "/bureau",
                  "Ouvrir vos orientations"),
            Thing("«\u202fNon partagé\u202f» n’est pas un oubli",
                  "La personne choisit ce qu’elle montre, à quel guichet et jusqu’à quand. Si elle retire son accord, "
                  "ses informations se ferment aussitôt. Rien ne sert jamais à un contrôle.", "/aide",
                  "Lire l’aide de votre rôle"),
            Thing("Partez sans laisser personne",
                  "Notez vos absences et qui assure le relais\u202f: ce qui arrive ira à votre collègue. Aucun motif "
                  "n’est demandé.", "/absences", "Noter une absence"),
        ),
    ),
    Role.DESK_MANAGER: Welcome(
        "Vous répondez d’un guichet\u202f: chaque personne confiée y a quelqu’un, même pendant les congés.",
        (
            ("Arrivée", "à votre guichet", False), ("Attribuée", "vous, si besoin", True),
            ("Réception", "qui la suit", False), ("Sans retard", "vous le voyez", True), ("Issue", "dite", False),
        ),
        (
            Thing("Rien ne reste sans personne",
                  "Ce que personne ne suit, ou ne peut plus suivre, est en tête de votre liste. Cochez, puis confiez à "
                  "un collègue\u202f: les délais ne changent pas.", "/bureau", "Ouvrir les orientations"),
            Thing("Votre guichet se lit avant d’être choisi",
                  "Places, horaires, permanences et contacts\u202f: c’est ce que voit la personne référente au moment "
                  "de vous confier quelqu’un.", "/bureau/reglages", "Régler le guichet"),
            Thing("Vous savez quand un rappel part",
                  "D’abord au contact, puis à vous, puis à la coordination. Ces délais se lisent ici.",
                  "/tableau/reperes", "Lire les délais"),
        ),
    ),
    Role.COORDINATOR: Welcome(
        "Vous voyez où cela bloque et vous débloquez. Des délais, des motifs et des nombres\u202f: jamais un nom.",
        (
            ("Confiée", "par une référente", False), ("Réponse", "vous voyez le délai", True),
            ("Contact", "vous voyez le délai", True), ("Droit ouvert", "vous voyez combien", True),
        ),
        (
            Thing("La première phrase dit ce qui bloque",
                  "Les orientations restées ouvertes comptent\u202f: fermer les plus faciles n’embellit rien. Un "
                  "nombre mène toujours à sa liste.", "/tableau", "Ouvrir le tableau"),
            Thing("Débloquez sans voir qui",
                  "Demander au responsable, contester un refus une fois, rouvrir\u202f: chaque geste est prêt, guichet "
                  "par guichet.", "/tableau/bloquees", "Ce qui est bloqué"),
            Thing("Chaque nombre dit ce qu’il compte",
                  "Et ce qu’il ne dit pas. Rien n’est montré hors du territoire en dessous de 11 personnes.",
                  "/tableau/definitions", "Lire les définitions"),
        ),
    ),
    Role.DPO: Welcome(
        "Vous veillez à ce qui est partagé, avec qui, et vous répondez aux personnes.",
        (
            ("Convention", "vous la tenez", True), ("Circuit", "vous le validez", True),
            ("Accord", "la personne décide", False), ("Lecture", "vous la voyez au journal", True),
        ),
        (
            Thing("Une demande a un mois",
                  "Copie, correction, effacement, limitation\u202f: la plus pressée est en haut, et Relais prépare le "
                  "dossier.", "/demandes", "Ouvrir les demandes"),
            Thing("Toute lecture est écrite",
                  "Qui, quoi, sous quel accord, sans aucun nom de personne accompagnée. La chaîne scellée montre que "
                  "rien n’a été retiré\u202f; lire le journal s’y inscrit aussi.", "/journal", "Ouvrir le journal"),
            Thing("Sans circuit validé, rien ne part",
                  "Même avec l’accord de la personne. Vous voyez ce qu’un changement ouvre et ferme avant de le "
                  "valider.", "/circuits", "Voir les circuits"),
        ),
    ),
    Role.ADMINISTRATOR: Welcome(
        "Vous tenez l’annuaire\u202f: qui travaille où, et comment on se connecte. Vous ne voyez aucun dossier.",
        (
            ("Organisme", "vous", True), ("Guichet", "vous", True), ("Contact", "vous l’invitez", True),
            ("Convention", "avec la ou le DPO", True), ("Première orientation", "sans vous", False),
        ),
        (
            Thing("Un guichet reçoit s’il a un contact présent",
                  "Sans contact, sans relais ou sans convention, il n’est plus proposé. L’annuaire le dit.",
                  "/annuaire", "Ouvrir l’annuaire"),
            Thing("Un départ se note le jour même",
                  "Le compte et ses sessions se ferment aussitôt, et ce qu’il suivait change de mains\u202f: "
                  "rien ne reste à personne.", "/reseau", "Voir le réseau"),
            Thing("Vous choisissez comment on entre",
                  "Code par courriel, clé d’accès, mot de passe ou ProConnect, organisme par organisme.",
                  "/compte/moyens", "Moyens de connexion"),
        ),
    ),
}  # fmt: skip


def roles_shown(viewer: Viewer) -> list[Role]:
    """Her roles in their order; whoever is responsible for a desk is not also told what its agents are."""
    found = [role for role in Role if role in viewer.roles]
    return [role for role in found if role is not Role.DESK_AGENT or Role.DESK_MANAGER not in found]


async def is_first_visit(viewer: Viewer, work: Work) -> bool:
    """True once for each of her roles: it is noted here, so that nothing she does or leaves brings the page back."""
    found = False
    for role in roles_shown(viewer):
        noted = await work.execute(
            "INSERT INTO partners.welcomed (territory, account, role, at) VALUES (:territory, :account, :role, :now)"
            " ON CONFLICT DO NOTHING RETURNING 1",
            territory=work.territory, account=viewer.account, role=role.value, now=work.now,
        )  # fmt: skip
        found = noted.first() is not None or found
    return found
