"""What the help says on the pages that every role has, and on those that are open before one is known."""

from contracts.page_help import pages_for
from contracts.viewer import Role

PAGES = (
    *pages_for(
        (*Role,),
        (
            "/reseau", "Réseau",
            "Les organismes, leurs guichets, leurs contacts et leurs permanences. On y cherche aussi par droit.",
        ),
        (
            "/reseau/organismes/{ref}", "Un organisme",
            "Ce qu’il reçoit, comment, et qui y travaille. Un contact absent dit qui le remplace.",
        ),
        (
            "/avis", "Avis",
            "Ce qui a bougé pour vous. Aucun avis ne nomme une personne accompagnée.",
        ),
        (
            "/avis/reglages", "Vos courriels",
            "Choisissez ce qui vous arrive par courriel, et quand. Tout reste dans vos avis.",
        ),
        (
            "/absences", "Absences",
            ("Notez vos jours et qui assure le relais. Aucun motif n’est demandé. Sans relais, on ne vous propose "
             "plus comme contact."),
        ),
        (
            "/compte", "Votre compte",
            "Vos moyens de connexion et les appareils connectés. Un appareil inconnu se déconnecte d’ici.",
        ),
        (
            "/compte/mot-de-passe", "Mot de passe",
            "Quatre ou cinq mots sans lien entre eux. Il va toujours avec un code d’application.",
        ),
        (
            "/compte/mot-de-passe/code", "Code d’application",
            ("Ouvrez votre application de codes, ajoutez Relais, puis écrivez le code affiché. Gardez les codes de "
             "secours hors de l’ordinateur."),
        ),
        (
            "/aide", "Aide",
            "Tout ce que Relais explique, réuni pour votre rôle.",
        ),
        (
            "/aide/clavier", "Clavier",
            "Les touches utiles, et comment les couper.",
        ),
        (
            "/aide/trois-choses", "Trois choses à savoir",
            "Ce que vous avez vu à votre première visite. Cette page ne s’impose plus, sauf pour un nouveau rôle.",
        ),
    ),
    *pages_for(
        (Role.REFERENT, Role.DESK_AGENT, Role.DESK_MANAGER, Role.DPO),
        (
            "/urgence", "Urgence",
            ("Appelez d’abord. Cette page note seulement ce qui a été dit à une autorité\u202f; une seconde personne "
             "confirme dans les 24 heures."),
        ),
    ),
    *pages_for(
        (),
        (
            "/connexion", "Se connecter",
            ("Un code à six chiffres arrive à votre adresse professionnelle. Pas reçu après deux minutes\u202f? "
             "Regardez dans les indésirables, ou choisissez un autre moyen."),
        ),
        (
            "/connexion/code", "Le code reçu",
            "Il sert une fois, dans le navigateur qui l’a demandé. Le dernier message reçu est le bon.",
        ),
        (
            "/connexion/mot-de-passe", "Mot de passe et code",
            ("Le code vient de votre application, pas d’un courriel. Téléphone perdu\u202f? Un code de secours le "
             "remplace."),
        ),
        (
            "/installation", "Première installation",
            ("Le jeton est affiché dans le terminal, une fois, pour 30 minutes. Il crée le premier compte "
             "d’administration."),
        ),
        (
            "/accessibilite", "Accessibilité",
            "Ce qui est vérifié, ce qui ne l’est pas, et à qui dire qu’une page vous gêne.",
        ),
        (
            "/composants", "Composants des pages",
            ("Tout ce dont les pages sont faites, sans aucune donnée\u202f: pour regarder, ou essayer une technologie "
             "d’assistance."),
        ),
        (
            "/courrier", "Courrier de la démonstration",
            "Les messages que Relais aurait envoyés. Aucun n’a quitté cette machine.",
        ),
        (
            "/courrier/{number}", "Un message",
            "Tel qu’il aurait été reçu. Aucun ne nomme une personne accompagnée.",
        ),
        (
            "/ouvert", "Données ouvertes",
            "Des nombres que tout le monde peut lire, publiés chaque trimestre. Aucun n’est sous 11.",
        ),
        (
            "/avis/desabonnement/{token}", "Vos courriels",
            "Ce lien vous est propre\u202f: il arrête ou espace vos courriels, sans vous connecter.",
        ),
    ),
)  # fmt: skip
