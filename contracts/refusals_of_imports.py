"""Refusals of a file that is imported into the directory: what it is, and what is already done with it."""

from contracts.refusal import Refusal


class ImportTooHeavy(Refusal):
    status = 422
    sentence = "Ce fichier est trop lourd\u202f: {most} Mo au plus. Gardez les organismes de votre territoire."


class ImportTooLong(Refusal):
    status = 422
    sentence = "Ce fichier est trop grand\u202f: {rows} lignes et {columns} colonnes au plus. Partagez-le en plusieurs."


class ImportUnreadable(Refusal):
    status = 422
    sentence = "Ce fichier ne se lit pas. Enregistrez-le en CSV, en classeur Excel (.xlsx) ou en JSON data·inclusion."


class ImportEmpty(Refusal):
    status = 422
    sentence = "Ce fichier n’a aucune ligne sous sa ligne de titres."


class ImportOver(Refusal):
    """It was begun or is done: neither corrected nor dropped any more."""

    sentence = (
        "Cet import est déjà lancé ou terminé\u202f: plus rien n’y change. Pour une correction, attendez la fin et "
        "importez de nouveau le fichier."
    )


class ImportUnderWay(Refusal):
    sentence = "Un autre import est en cours. Attendez qu’il finisse, puis recommencez."


class ImportChanged(Refusal):
    """What was shown is no more what would be done."""

    sentence = "L’annuaire a changé depuis que vous avez ouvert cette page. Relisez ce qui sera fait, puis confirmez."
