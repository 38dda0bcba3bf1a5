"""The French words of an erasure: what goes with a person, what stays without her, and why. For the DPO, never for her
desk: they count rows and name nobody.
"""

# By table; in the order of the page.
GOES = {
    "person": "Sa fiche\u202f: nom, date de naissance, téléphone, adresse",
    "situation": "Sa situation",
    "encounter": "Ses rencontres",
    "presumedright": "Ses droits potentiels",
    "rightsappointment": "Ses rendez-vous des droits",
    "preparationstep": "Ce qu’elle prépare",
    "consentgrant": "Ses accords de partage",
    "consentevent": "L’histoire de ses accords",
    "handover": "Ses orientations et leurs messages",
    "note": "Les échanges avec les guichets",
    "correction": "La trace des corrections de sa fiche",
    "personlimit": "La limitation de sa fiche",
    "personlink": "La feuille qui ouvre sa page",
    "personvisit": "Les visites de sa page",
    "caseloadreason": "Pourquoi des collègues ont ouvert son dossier",
    "filesapart": "Les fiches dites distinctes de la sienne",
    "filemerge": "Les fiches réunies avec la sienne",
    "evaluationanswer": "Sa réponse au sujet de l’évaluation",
}
STAYS = {
    "datarequest": ("Ses demandes", "preuve qu’il y a été répondu\u202f; son texte ne peut plus être lu"),
    "datarequestevent": ("Les étapes de ces demandes", "preuve qu’il y a été répondu"),
    "erasurerequest": ("Les demandes faites aux guichets d’effacer", "ils doivent encore y répondre (article 19)"),
    "journalentry": ("Les lignes du journal", "qui a eu accès à quoi\u202f; effacées à leur terme"),
    "breakglass": ("Les urgences notées", "qu’une autorité a été prévenue, par qui"),
    "breakglassconfirmation": ("Les confirmations de ces urgences", "la seconde parole"),
}
OTHER = "Autres lignes de son dossier"
OTHER_KEPT = ("Autres références", "elles ne mènent plus à personne")
FIGURES = (
    "Ses orientations, dans les délais et les chiffres",
    "sans elle\u202f: sa référence y est remplacée par une autre, au hasard",
)
REGISTER = ("Une ligne du registre des effacements", "pour l’effacer encore si une sauvegarde est remise en place")
