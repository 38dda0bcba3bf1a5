"""What the help says on the pages of the coordination, the data protection officer and the administration."""

from contracts.page_help import pages_for
from contracts.viewer import Role

PAGES = (
    *pages_for(
        (Role.COORDINATOR,),
        (
            "/tableau", "Tableau",
            ("La première phrase dit ce qui bloque surtout. Les orientations restées ouvertes comptent aussi\u202f: "
             "fermer les plus faciles n’embellit rien."),
            ("Aucun nom, nulle part. Un nombre mène à sa liste\u202f; «\u202fDéfinition\u202f» dit comment il est "
             "compté."),
        ),
        (
            "/tableau/temps/{code}", "Un délai, guichet par guichet",
            ("La moitié des orientations ont eu leur réponse avant ce délai, neuf sur dix avant l’autre. Ce qui est "
             "encore ouvert est compté."),
        ),
        (
            "/tableau/liste", "La liste derrière un nombre",
            "Les orientations qui font ce nombre, sans aucun nom. Chacune s’ouvre sur son parcours.",
        ),
        (
            "/tableau/orientations/{ref}", "Le parcours d’une orientation",
            ("Ses étapes, ses dates et ses motifs, sans dire qui. Vous pouvez rouvrir, ou contester un refus une "
             "fois."),
        ),
        (
            "/tableau/bloquees", "Ce qui est bloqué",
            ("Guichet par guichet, ce qui n’avance plus, et ce que vous pouvez faire. La ou le responsable n’est pas "
             "sollicité deux fois dans la semaine."),
        ),
        (
            "/tableau/reperes/changer", "Changer les délais",
            ("Voyez d’abord ce que le changement aurait donné le mois dernier. Un changement vaut pour ce qui "
             "viendra, jamais pour le passé."),
        ),
        (
            "/tableau/rapport/{month}", "Rapport du mois",
            "Deux pages à imprimer ou à joindre à un courriel. Aucun nombre n’y désigne une personne.",
        ),
        (
            "/tableau/comparaison", "Comparaison",
            "Votre territoire parmi d’autres, qui ne sont que des lettres. Votre rang n’est montré qu’à vous.",
        ),
        (
            "/tableau/calendrier", "Jours fériés",
            "Les jours que les délais sautent. Un changement vaut à partir du jour choisi.",
        ),
        (
            "/tableau/definitions", "Définitions",
            "Comment chaque nombre est compté, et ce qu’il ne dit pas.",
        ),
    ),
    *pages_for(
        (Role.COORDINATOR, Role.DPO),
        (
            "/tableau/ouvert", "Données ouvertes",
            ("La coordination prépare un trimestre, la ou le DPO le publie. Aucun nombre sous 11, et rien ne change "
             "après la publication."),
        ),
    ),
    *pages_for(
        (Role.COORDINATOR, Role.ADMINISTRATOR),
        (
            "/rappels", "Rappels",
            ("Ce que Relais a rappelé, à quel guichet, par quel moyen, et si la réponse est venue. Personne n’y est "
             "nommé parmi les personnes accompagnées."),
        ),
    ),
    *pages_for(
        (Role.DPO,),
        (
            "/demandes", "Demandes des personnes",
            ("Accès, rectification, effacement, limitation\u202f: la plus pressée d’abord. Le délai est d’un mois, "
             "deux de plus si vous dites pourquoi."),
        ),
        (
            "/demandes/nouvelle", "Noter une demande",
            "Reçue par lettre, courriel ou de vive voix. Ses mots sont gardés tels quels, le temps d’y répondre.",
        ),
        (
            "/demandes/{ref}", "Une demande",
            "Ce qui est demandé, ce que vous pouvez décider, et jusqu’à quand. Chaque décision est notée au journal.",
        ),
        (
            "/demandes/{ref}/dossier", "Son dossier",
            "Tout ce que Relais garde d’elle, avec la raison et la durée. L’ouvrir s’inscrit au journal.",
        ),
        (
            "/demandes/{ref}/effacer", "Effacer un dossier",
            "Relisez ce qui part et ce qui reste, puis écrivez le numéro du dossier. Rien ne pourra être remis.",
        ),
        (
            "/demandes/conservation", "Durées de conservation",
            "Ce qui est gardé, combien de temps, et ce qui sera effacé cette nuit.",
        ),
        (
            "/circuits", "Circuits de partage",
            ("Qui peut partager avec qui, sur quelle base. Sans circuit validé, rien ne part, même avec l’accord de "
             "la personne."),
        ),
        (
            "/circuits/{sender}/{recipient}", "Un circuit",
            "Changez la base ou les finalités\u202f: vous voyez ce que cela ouvre et ferme avant de valider.",
        ),
        (
            "/journal", "Journal",
            ("Qui a lu ou écrit quoi, quand, sous quel accord. Il ne contient aucun nom de personne accompagnée, et "
             "le lire s’y inscrit."),
            "La chaîne scellée montre que rien n’a été retiré ni changé.",
        ),
        (
            "/effacements", "Effacements demandés aux guichets",
            "Après un retrait, chaque guichet dit ce qu’il a effacé, ou pourquoi il garde.",
        ),
        (
            "/effacements/{ref}", "Un effacement demandé",
            ("Un guichet a répondu par lettre, courriel ou téléphone\u202f: notez ici ce qu’il a effacé, ou pourquoi "
             "il garde. C’est gardé à votre nom."),
        ),
        (
            "/notices/brouillons/nouveau", "Préparer une notice",
            "Le texte lu à la personne avant son accord. Publié, il ne change plus.",
        ),
        (
            "/notices/brouillons/{ref}", "Une notice en préparation",
            "Relisez-la à voix haute avant de publier\u202f: c’est ainsi qu’elle sera entendue.",
        ),
    ),
    *pages_for(
        (Role.REFERENT, Role.DPO),
        (
            "/notices", "Notices",
            "Les textes lus aux personnes, par langue. Chaque accord dit quelle version a été lue.",
        ),
    ),
    *pages_for(
        (Role.DPO, Role.ADMINISTRATOR),
        (
            "/reseau/conventions", "Conventions",
            ("Sans convention en vigueur, rien n’est partagé avec un organisme. Celles qui se terminent bientôt sont "
             "en haut."),
        ),
        (
            "/reseau/conventions/{ref}", "Une convention",
            "Ses dates et ses révisions. L’arrêter ferme les partages avec cet organisme, aussitôt.",
        ),
    ),
    *pages_for(
        (Role.ADMINISTRATOR,),
        (
            "/annuaire", "Annuaire",
            "Organismes, guichets et membres. Vous gérez qui travaille où\u202f; vous ne voyez aucun dossier.",
        ),
        (
            "/annuaire/nouveau", "Ajouter un organisme",
            "Son nom et sa nature. Il ne recevra rien avant d’avoir un guichet, un contact et une convention.",
        ),
        (
            "/annuaire/import", "Importer des organismes",
            ("Un fichier de tableur ou de data·inclusion. Vous relisez chaque ligne avant que quoi que ce soit "
             "change."),
        ),
        (
            "/annuaire/import/{ref}/colonnes", "Les colonnes du fichier",
            ("Dites ce que contient chaque colonne. Ce que Relais a reconnu est déjà choisi\u202f; une colonne "
             "laissée vide n’est pas reprise."),
        ),
        (
            "/annuaire/import/{ref}", "Relire un import",
            ("Ce qui serait ajouté ou changé, et ce qui ne va pas. Rien ne change avant votre confirmation\u202f; "
             "ensuite l’import continue sans vous."),
        ),
        (
            "/annuaire/import/{ref}/lignes/{number}", "Une ligne de l’import",
            "Corrigez une case, ou dites si cet organisme est déjà là. Toutes les lignes sont ensuite revérifiées.",
        ),
        (
            "/annuaire/{organisation}", "Un organisme de l’annuaire",
            "Ses guichets et ses membres. Un guichet sans contact présent ne reçoit rien.",
        ),
        (
            "/annuaire/{organisation}/modifier", "Modifier un organisme",
            "Son nom, ses coordonnées et son SIRET, qui sert à la connexion par ProConnect.",
        ),
        (
            "/annuaire/{organisation}/depart", "Départ d’un organisme",
            "Tous ses comptes se ferment et rien n’y est plus lisible. Un départ ne se défait pas.",
        ),
        (
            "/annuaire/{organisation}/guichet", "Ajouter un guichet",
            "Les droits qu’il reçoit, et comment. Ajoutez ensuite qui y travaille.",
        ),
        (
            "/annuaire/{organisation}/guichets/{desk}", "Un guichet",
            ("Les droits qu’il reçoit, et comment. Un droit retiré n’est plus proposé\u202f; ce qui est en cours "
             "continue."),
        ),
        (
            "/annuaire/{organisation}/membre", "Inviter quelqu’un",
            "Une adresse professionnelle et un rôle. La personne entre avec un code reçu par courriel.",
        ),
        (
            "/annuaire/{organisation}/permanence", "Ajouter une permanence",
            "Un lieu, un jour, des heures, pour tout l’organisme ou un de ses guichets.",
        ),
        (
            "/compte/moyens", "Moyens de connexion permis",
            "Pour chaque organisme, par quels moyens ses membres peuvent entrer. Cela vaut à la prochaine connexion.",
        ),
    ),
)  # fmt: skip
