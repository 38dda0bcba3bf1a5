"""What the help says on the pages of a desk: who receives, and who is responsible for it."""

from contracts.page_help import pages_for
from contracts.viewer import Role

PAGES = (
    *pages_for(
        (Role.DESK_AGENT, Role.DESK_MANAGER),
        (
            "/bureau", "Orientations reçues",
            ("Ce qui est confié à votre guichet, le plus pressé d’abord. Un onglet par moment de la vie d’une "
             "orientation\u202f; une vue filtrée se garde sous un nom."),
            ("Accuser réception, c’est dire quel jour vous contacterez la personne\u202f: deux jours ouvrés au plus, "
             "quatre heures si c’est urgent."),
        ),
        (
            "/bureau/{ref}", "Une orientation reçue",
            ("Qui, pour quel droit, et ce qu’elle a accepté de vous montrer. «\u202fNon partagé\u202f» veut dire "
             "qu’elle ne l’a pas accepté, pas que la case est vide."),
            ("Le bouton plein est la prochaine chose à faire. Si elle retire son accord, ces informations se ferment "
             "aussitôt."),
        ),
        (
            "/bureau/{ref}/presence", "Qui regarde",
            "Qui d’autre, à votre guichet, regarde cette orientation en ce moment. Rien n’en est gardé.",
        ),
        (
            "/bureau/{ref}/effacement", "Effacement demandé",
            ("Elle a retiré ou réduit son accord\u202f: dites ce que vous avez effacé de vos outils, ou pourquoi vous "
             "le gardez. La ou le DPO lit votre réponse."),
        ),
        (
            "/bureau/{ref}/rendez-vous", "Rendez-vous commun",
            ("Proposez un moment, ou répondez à celui de la personne référente. Le fichier d’agenda ne porte ni nom "
             "ni droit."),
        ),
        (
            "/bureau/{ref}/{action}", "Agir sur une orientation",
            ("Ce que vous notez est daté, à votre nom, et vu par la personne référente. Si quelqu’un a été plus "
             "rapide, Relais vous le dit et ne change rien."),
            ("«\u202fNon éligible\u202f» est une issue, pas un refus. «\u202fInjoignable\u202f» demande trois essais, "
             "par deux moyens, sur deux jours."),
        ),
    ),
    *pages_for(
        (Role.DESK_MANAGER,),
        (
            "/bureau/confier", "Confier à des collègues",
            ("Répartissez les orientations cochées entre les membres du guichet. Les délais ne changent pas, et "
             "l’historique reste."),
        ),
        (
            "/bureau/reglages", "Réglages du guichet",
            ("Ce que les personnes référentes voient de votre guichet avant de vous confier quelqu’un\u202f: places, "
             "horaires, permanences, contacts."),
        ),
        (
            "/bureau/reglages/{desk}", "Régler un guichet",
            ("Dites quand vous recevez, comment, et si vous pouvez prendre de nouvelles orientations. Cela vaut dès "
             "l’enregistrement."),
        ),
        (
            "/bureau/reglages/{desk}/permanence", "Ajouter une permanence",
            "Un lieu, un jour, des heures. Elle est proposée pour les rendez-vous communs.",
        ),
        (
            "/bureau/reglages/membre", "Inviter quelqu’un",
            "Une adresse professionnelle suffit\u202f: la personne entre avec un code reçu par courriel.",
        ),
    ),
    *pages_for(
        (Role.COORDINATOR, Role.DESK_MANAGER),
        (
            "/tableau/reperes", "Délais et rappels",
            ("Combien de temps avant qu’un silence soit rappelé, et à qui. La coordination les change\u202f; la ou le "
             "responsable lit ceux de ses guichets."),
        ),
    ),
    *pages_for(
        (Role.ADMINISTRATOR, Role.DESK_MANAGER),
        (
            "/annuaire/membres/{account}", "Une fiche de l’annuaire",
            ("Qui elle est au travail, ses rôles, ses absences. Dites une fois par an qu’elle est toujours la bonne "
             "personne."),
        ),
        (
            "/annuaire/membres/{account}/modifier", "Modifier une fiche",
            "Nom, fonction, téléphone, guichets. Un rôle retiré ferme aussitôt ce qu’il ouvrait.",
        ),
        (
            "/annuaire/membres/{account}/depart", "Noter un départ",
            ("Le compte se ferme et ses sessions aussi. Choisissez qui reprend\u202f: aucune personne accompagnée ne "
             "reste sans suivi."),
        ),
        (
            "/annuaire/permanences/{ref}", "Une permanence",
            ("Changez le lieu, le jour ou les heures, ou dites quand elle s’arrête. Les rendez-vous déjà pris "
             "restent."),
        ),
    ),
)  # fmt: skip
