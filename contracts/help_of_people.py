"""What the help says on the pages of whoever accompanies people."""

from contracts.page_help import pages_for
from contracts.viewer import Role

PAGES = (
    *pages_for(
        (Role.REFERENT,),
        (
            "/aujourdhui", "Aujourd’hui",
            "Ce qui vous attend, rangé par geste, le plus en retard d’abord. Chaque ligne n’a qu’une action.",
            "Une ligne disparaît quand la chose est faite, ici ou ailleurs. Rien n’y est effacé en silence.",
            "Les tâches d’une collègue absente s’y ajoutent quand vous la remplacez.",
        ),
        (
            "/rencontre", "Nouvelle rencontre",
            "La personne, ses droits possibles et ses accords, notés en une seule page.",
            "Sans réseau, la rencontre attend sur ce téléphone, chiffrée, et part d’elle-même au retour du réseau.",
            "N’écrivez ni numéro de sécurité sociale ni information de santé.",
        ),
        (
            "/rencontre/hors-ligne", "Rencontre sans réseau",
            ("Vous êtes sans réseau\u202f: ce que vous notez reste sur ce téléphone, protégé par votre code, et "
             "partira plus tard."),
        ),
        (
            "/personnes", "Personnes",
            ("Les personnes que suit votre organisme. Cherchez par nom, téléphone, date de naissance ou numéro de "
             "dossier\u202f: une faute de frappe n’empêche pas de trouver."),
            "Ouvrir le dossier d’une collègue est possible\u202f: Relais demande pourquoi, et le journal le garde.",
        ),
        (
            "/personnes/nouvelle", "Première rencontre",
            ("Le minimum pour retrouver la personne. Si elle est peut-être déjà connue, Relais vous la montre avant "
             "d’enregistrer."),
        ),
        (
            "/personnes/{ref}", "Le dossier d’une personne",
            ("Ses droits, ses accords, ce qui a été confié et où cela en est. Le bouton plein est la prochaine chose "
             "à faire."),
            "Seul votre organisme lit cette page. Un guichet ne lit que ce que la personne a accepté de lui montrer.",
        ),
        (
            "/personnes/doublons", "Doublons possibles",
            ("Des dossiers qui se ressemblent dans votre organisme. Comparez-les deux à deux\u202f: rien n’est réuni "
             "sans vous."),
        ),
        (
            "/personnes/{ref}/doublons", "Un doublon de ce dossier",
            ("Les dossiers qui ressemblent à celui-ci. Deux personnes d’une même famille se ressemblent aussi\u202f: "
             "comparez avant de réunir."),
        ),
        (
            "/personnes/{ref}/doublon/{other}", "Comparer deux dossiers",
            ("Ligne par ligne, ce que chacun dit. Si c’est elle, ils n’en feront plus qu’un, et vous pourrez revenir "
             "en arrière."),
        ),
        (
            "/personnes/{ref}/reunions/{merge}/defaire", "Séparer deux dossiers",
            "Chacun retrouve ce qui est à lui. Aucun guichet n’est prévenu, et aucun ne lit autre chose.",
        ),
        (
            "/personnes/{ref}/rencontre", "Noter une rencontre",
            ("Une rencontre de plus avec une personne déjà connue\u202f: la date, où, et ce qui a été dit d’utile "
             "pour ses droits."),
        ),
        (
            "/personnes/{ref}/rendez-vous", "Rendez-vous des droits",
            ("Un groupe de questions à la fois, en commençant par ce qu’elle attend. Les réponses proposent des "
             "pistes, jamais une décision."),
            "Revenir en arrière ne perd rien. À la fin, elle repart avec un résumé.",
        ),
        (
            "/personnes/{ref}/situation", "Sa situation",
            "Le minimum utile à ses droits. Un guichet n’en lit que ce que son accord nomme.",
        ),
        (
            "/personnes/{ref}/corriger", "Corriger",
            ("Changez ce qui est faux. L’ancienne valeur n’est plus lue par personne\u202f; le journal dit qui a "
             "corrigé, et quand."),
        ),
        (
            "/personnes/{ref}/joindre", "La joindre sans risque",
            "Aux heures et par les moyens qu’elle choisit, seule avec vous. Les guichets et Relais s’y tiennent.",
        ),
        (
            "/personnes/{ref}/bilan", "Bilan des droits",
            "Cochez les droits qu’elle a peut-être, avec ce qui vous le fait penser. L’organisme compétent décide.",
        ),
        (
            "/personnes/{ref}/accord", "Recueillir son accord",
            ("Un accord dit à quel guichet, pour quels droits, quelles informations, et jusqu’à quand. Lisez-lui la "
             "notice, puis relisez ensemble."),
            "Elle peut dire non sans conséquence\u202f: son suivi continue.",
        ),
        (
            "/personnes/{ref}/accords/{grant}", "Un accord",
            ("Ce que le guichet peut lire, et jusqu’à quand. Elle peut le réduire ou le retirer\u202f: le guichet "
             "cesse de lire aussitôt."),
        ),
        (
            "/personnes/{ref}/accords/{grant}/reduire", "Réduire un accord",
            "Décochez ce qu’elle ne veut plus partager. Le guichet ne le lit plus dès l’enregistrement.",
        ),
        (
            "/personnes/{ref}/accords/{grant}/retrait", "Retirer un accord",
            ("Le guichet cesse de lire tout de suite, les orientations qui en dépendent s’arrêtent, et votre suivi "
             "continue."),
        ),
        (
            "/personnes/{ref}/accords/{grant}/recu", "Le reçu",
            "La preuve de ce qu’elle a accepté, pour elle. Imprimez-la, ou notez qu’elle l’a eue.",
        ),
        (
            "/personnes/{ref}/motif", "Ouvrir le dossier d’une collègue",
            ("Dites pourquoi\u202f: votre collègue et la ou le DPO peuvent le voir. Le dossier s’ouvre ensuite "
             "normalement."),
        ),
        (
            "/personnes/{ref}/confier", "Confier",
            "Trois étapes\u202f: le droit, le contact, puis comment. Vous voyez mot pour mot ce que le guichet lira.",
            ("Un contact absent sans relais n’est pas proposé. Si un accord manque, la demande est gardée, pas "
             "envoyée."),
        ),
        (
            "/personnes/{ref}/confier/resultat/{command}", "Ce qui est parti",
            ("Droit par droit, ce qui est confié et ce qui attend encore. Ce qui n’est pas parti se reprend sans rien "
             "retaper."),
        ),
        (
            "/personnes/{ref}/resume", "Son résumé",
            "Une feuille pour elle\u202f: ses droits possibles, qui fait quoi, et ce qu’elle doit apporter.",
        ),
        (
            "/personnes/{ref}/demandes", "Ses demandes sur ses données",
            ("Notez ce qu’elle demande\u202f: copie, correction, effacement ou limitation. La ou le DPO répond dans "
             "le mois."),
        ),
        (
            "/personnes/{ref}/evaluation", "Évaluation",
            "L’État évalue le programme. La personne peut s’y opposer\u202f: rien ne change à son suivi.",
        ),
        (
            "/personnes/{ref}/sa-page", "Sa page",
            ("Une feuille avec une référence et un code lui ouvre sa page\u202f: elle y voit qui a lu quoi, sans "
             "compte."),
            "Perdue, la feuille se ferme d’un geste.",
        ),
        (
            "/personnes/{ref}/sa-page/papier", "Sa page, sur papier",
            "La même chose que sa page, à imprimer, pour qui n’a ni téléphone ni ordinateur.",
        ),
        (
            "/orientations", "Orientations envoyées",
            "Ce que votre organisme a confié, et qui a la main. Les plus en retard d’abord.",
        ),
        (
            "/orientations/{ref}", "Une orientation",
            ("Le fil dit où elle en est, et le bouton plein ce que vous pouvez faire maintenant. Tout ce qui s’est "
             "passé est en bas de page."),
        ),
        (
            "/orientations/{ref}/abandonner", "Abandonner",
            ("La demande n’était pas partie\u202f: ce que vous aviez écrit est effacé. Rien n’est dit à aucun "
             "guichet."),
        ),
        (
            "/orientations/{ref}/{action}", "Agir sur une orientation",
            ("Ce que vous notez ici est daté, à votre nom, et vu par le guichet. Si quelqu’un a été plus rapide, "
             "Relais vous le dit et ne change rien."),
        ),
        (
            "/orientations/{ref}/rendez-vous", "Rendez-vous commun",
            "Proposez un moment, ou répondez à celui du guichet. Le fichier d’agenda ne porte ni nom ni droit.",
        ),
        (
            "/orientations/{ref}/lettre", "Lettre",
            ("La même orientation sur papier, pour elle, dans sa langue quand elle existe. Elle ne dit que ce qui est "
             "partagé."),
        ),
    ),
)  # fmt: skip
