"""Refusals about two files of one person: merging them, and what a merged file no longer takes."""

from contracts.refusal import Refusal


class FileMerged(Refusal):
    """The file was merged into another: `kept` is the one that stands. Its addresses lead there."""

    sentence = "Ce dossier a été réuni avec un autre. Ouvrez le dossier gardé, puis recommencez."
    page = "/personnes/{kept}"


class FilesChanged(Refusal):
    """What was shown side by side is no more what is on record."""

    sentence = "L’un des deux dossiers a changé depuis que vous avez ouvert cette page. Relisez-les, puis choisissez."


class FileKeepsAnother(Refusal):
    """A file into which another was merged cannot itself be merged: undoing would no longer be exact."""

    sentence = (
        "Le dossier qui serait réuni en contient déjà un autre. Gardez plutôt celui-là, ou défaites d’abord sa réunion."
    )


class MergeUndone(Refusal):
    sentence = "Ces deux dossiers sont déjà séparés."


class LaterMergeFirst(Refusal):
    """Merges into one file are undone the last one first: each put back what it found."""

    sentence = "Un autre dossier a été réuni ensuite avec celui-ci. Défaites d’abord cette réunion-là."
