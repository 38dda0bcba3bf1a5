"""The screening of a rights appointment: each right by hand, what no answer can do, and what a file may not say."""

import copy
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.rights import catalogue, reason_of_competence
from contracts.vocabulary import Ground, Scheme
from services.intake import screening_file
from services.intake.screening import Screening, accepted_answers, age_band, faults, holds, not_looked_at, screen
from services.intake.screening_file import NATIONAL, ScreeningRefused, learn_local_rights, read_screening

SHIPPED = read_screening()


def answers(**said: str) -> dict[str, frozenset[str]]:
    """`age="25_59", bills="rent energy"`."""
    found = accepted_answers(SHIPPED, {code: value.split() for code, value in said.items()})
    assert set(found) == set(said), "an answer of the test does not exist"
    return found


def proposed(**said: str) -> set[str]:
    return {one.right for one in screen(SHIPPED, answers(**said))}


# Written by hand: a right, answers that give it, and the same with one thing changed that takes it away.
GIVEN = [
    ("rsa", {"age": "25_59", "resources_band": "under_600"}, {"resources_band": "600_1200"}),
    ("rsa", {"age": "25_59", "resources_band": "600_1200", "household": "couple"}, {"household": "alone"}),
    ("rsa", {"age": "60_64", "resources_band": "none"}, {"age": "65_over"}),
    ("rsa", {"age": "18_24", "resources_band": "none", "household": "alone_with_children"}, {"household": "alone"}),
    ("ppa", {"age": "18_24", "employment": "part_time", "resources_band": "1200_2000"}, {"employment": "student"}),
    ("ppa", {"age": "60_64", "employment": "self_employed", "resources_band": "none"}, {"resources_band": "over_2000"}),
    ("ppa", {"age": "25_59", "employment": "employed", "resources_band": "600_1200"}, {"age": "under_18"}),
    ("aspa", {"age": "65_over", "resources_band": "600_1200"}, {"age": "60_64"}),
    ("aspa", {"age": "65_over", "resources_band": "none"}, {"resources_band": "1200_2000"}),
    ("css", {"resources_band": "600_1200"}, {"resources_band": "over_2000"}),
    ("css", {"resources_band": "1200_2000", "household": "couple_with_children"}, {"household": "alone"}),
    ("css", {"open_rights": "rsa", "resources_band": "over_2000"}, {"open_rights": "apl"}),
    ("apl", {"housing": "tenant", "resources_band": "1200_2000"}, {"housing": "owner"}),
    ("apl", {"housing": "shelter", "resources_band": "none"}, {"housing": "none"}),
    ("aah", {"informed": "mdph", "age": "25_59"}, {"informed": "home"}),
    ("aah", {"informed": "mdph", "age": "18_24"}, {"age": "under_18"}),
    ("asf", {"household": "alone_with_children", "other_parent": "no"}, {"other_parent": "yes"}),
    ("asf", {"household": "alone_with_children", "other_parent": "no"}, {"household": "couple_with_children"}),
    ("cheque_energie", {"housing": "owner", "resources_band": "600_1200"}, {"housing": "hosted"}),
    ("asi", {"informed": "pension", "age": "60_64", "resources_band": "600_1200"}, {"age": "65_over"}),
    ("are", {"lost_job": "yes", "employment": "unemployed"}, {"lost_job": "no"}),
    ("are", {"lost_job": "yes", "employment": "part_time"}, {"employment": "retired"}),
    ("aeeh", {"informed": "mdph_child", "household": "couple_with_children"}, {"household": "couple"}),
    ("apa", {"informed": "home", "age": "60_64"}, {"age": "25_59"}),
    ("fsl", {"bills": "energy", "resources_band": "1200_2000"}, {"bills": "food"}),
    ("fsl", {"bills": "rent food", "resources_band": "600_1200"}, {"resources_band": "over_2000"}),
    ("aide_facultative", {"bills": "food", "resources_band": "under_600"}, {"bills": "nothing"}),
    ("domiciliation", {"mail": "no", "housing": "hosted"}, {"mail": "yes"}),
    ("domiciliation", {"mail": "no", "housing": "none"}, {"housing": "tenant"}),
    ("scolarisation", {"school": "yes"}, {"school": "no"}),
]


@pytest.mark.parametrize(("right", "said", "change"), GIVEN, ids=lambda one: one if isinstance(one, str) else "")
def test_a_right_is_proposed_and_one_answer_takes_it_away(right: str, said: dict[str, str], change: dict[str, str]):
    assert right in proposed(**said)
    assert right not in proposed(**{**said, **change})
    for left_out in said:
        rest = {code: value for code, value in said.items() if code != left_out}
        if right not in proposed(**rest):
            assert right in not_looked_at(SHIPPED, answers(**rest)), "what was not answered is said not to be looked at"


def test_every_right_of_the_table_is_a_right_with_a_rule_and_none_is_forgotten():
    assert {right for right, _, _ in GIVEN} == {rule.right for rule in SHIPPED.rule}
    assert {rule.right for rule in SHIPPED.rule} | set(SHIPPED.not_screened) == set(catalogue())


def test_no_answer_at_all_proposes_nothing():
    assert screen(SHIPPED, {}) == ()
    assert set(not_looked_at(SHIPPED, {})) == {rule.right for rule in SHIPPED.rule}


@st.composite
def two_talks(draw: st.DrawFn) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Some answers, and the same with more questions answered."""
    full = {}
    for one in SHIPPED.question:
        codes = st.sampled_from([option.code for option in one.options])
        full[one.code] = draw(st.frozensets(codes, min_size=1, max_size=None if one.several else 1))
    asked = draw(st.sets(st.sampled_from(sorted(full))))
    more = asked | draw(st.sets(st.sampled_from(sorted(full))))
    return {code: full[code] for code in asked}, {code: full[code] for code in more}


@settings(max_examples=200, deadline=None)
@given(two_talks())
def test_an_answer_more_never_takes_a_proposal_or_a_conclusion_away(talks):
    few, more = talks
    assert {one.right for one in screen(SHIPPED, few)} <= {one.right for one in screen(SHIPPED, more)}
    for rule in SHIPPED.rule:
        if (before := holds(rule, few)) is not None:
            assert holds(rule, more) is before
        elif not any(leaf.question in few for leaf in rule.leaves()):
            assert before is None, "a rule concluded from questions that were not answered"


def test_what_she_has_already_is_proposed_and_marked():
    [one] = [one for one in screen(SHIPPED, answers(age="25_59", resources_band="none", open_rights="rsa"))
             if one.right == "rsa"]  # fmt: skip
    assert one.already and one.ground is Ground.RESOURCES
    assert not any(one.already for one in screen(SHIPPED, answers(resources_band="none", open_rights="nothing")))


def test_the_scheme_changes_who_decides_and_never_what_is_proposed():
    assert "MSA" in reason_of_competence("rsa", Scheme.AGRICULTURAL)
    assert "Caf" in reason_of_competence("rsa", Scheme.GENERAL)
    assert not {"scheme", "regime"} & set(SHIPPED.questions)


def test_nothing_is_asked_that_is_never_stored_and_no_amount_is_said():
    assert 8 <= len(SHIPPED.question) <= 12
    words = " ".join(text for one in SHIPPED.question for text in (one.text, one.note)).lower()
    for forbidden in ("national", "séjour", "titre", "santé", "malad", "handicap", "enceinte", "étrang", "religion"):
        assert forbidden not in words
    for rule in SHIPPED.rule:
        assert "€" not in rule.reason and "euro" not in rule.reason
        assert "article" in rule.source and (rule.checked is None or rule.checked <= date(2026, 11, 22))


@pytest.mark.parametrize(
    ("years", "band"), [(0, "under_18"), (17, "under_18"), (18, "18_24"), (24, "18_24"), (25, "25_59"), (59, "25_59"),
                        (60, "60_64"), (64, "60_64"), (65, "65_over"), (104, "65_over")],
)  # fmt: skip
def test_an_age_is_in_one_band(years: int, band: str):
    assert age_band(years) == band
    assert band in {option.code for option in SHIPPED.questions["age"].options}


def test_of_what_a_form_sends_only_answers_that_exist_are_taken():
    sent = {"age": ["25_59", "60_64"], "bills": ["rent", "energy", "x"], "housing": [""], "permit": ["yes"]}
    assert accepted_answers(SHIPPED, sent) == {"age": frozenset({"60_64"}), "bills": frozenset({"rent", "energy"})}


# --- the territory's own file ----------------------------------------------------------------------

OWN = """
version = "rennes-2026-11"
[[rule]]
right = "carte_sortir"
ground = "resources"
reason = "ses ressources sont modestes"
source = "Délibération du conseil métropolitain, article 3"
question = "resources_band"
among = ["none", "under_600"]
"""


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "local.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_territory_adds_a_rule_for_its_local_right(tmp_path: Path):
    found = read_screening(own(tmp_path, OWN))
    assert found.version == "rennes-2026-11" and "carte_sortir" not in found.not_screened
    assert "carte_sortir" in {one.right for one in screen(found, answers(resources_band="none"))}
    assert len(found.rule) == len(SHIPPED.rule) + 1


def test_a_territory_replaces_every_rule_of_a_right_or_leaves_it_out(tmp_path: Path):
    text = OWN.replace("carte_sortir", "rsa") + '[not_screened]\nare = "Fait par France Travail."\n'
    found = read_screening(own(tmp_path, text))
    assert [rule.question for rule in found.rule if rule.right == "rsa"] == ["resources_band"]
    assert not [rule for rule in found.rule if rule.right == "are"]


WRONG = [
    (OWN.replace("carte_sortir", "rsb"), "règle 1 (rsb) : ce droit n’est pas au catalogue"),
    (OWN.replace('"resources_band"', '"revenus"'), "règle 1 (carte_sortir) : la question « revenus » n’existe pas"),
    (OWN.replace('"under_600"', '"under_500"'), "« resources_band » n’a pas la réponse « under_500 »"),
    (OWN.replace("sont modestes", "< 600 €"), "règle 1 (carte_sortir), reason : aucun montant dans une raison"),
    (OWN.replace("ground =", "grounds ="), "règle 1 (carte_sortir), grounds : ce mot n’est pas connu"),
    (OWN.replace('source = "Délibération du conseil métropolitain, article 3"\n', ""), "source : il manque"),
    (OWN + "all = []\nany = [{ question = 'age', among = ['25_59'] }]\n", "une condition dit une seule chose"),
    (OWN.replace("among", "#among"), "question et among vont ensemble"),
    ('[[question]]\ncode = "permit"\ngroup = "Son logement"\ntext = "A-t-elle un titre de séjour ?"\noptions = '
     '[{code="yes",text="Oui"},{code="no",text="Non"}]\n', "on ne demande jamais cela ici (« titre de séjour »)"),
    ('[[question]]\ncode = "ill"\ngroup = "Sa vie"\ntext = "Est-elle malade ?"\noptions = '
     '[{code="yes",text="Oui"},{code="no",text="Non"}]\n', "on ne demande jamais cela ici"),
    ('[[question]]\ncode = "one"\ngroup = "Son logement"\ntext = "Et alors ?"\noptions = [{code="yes",text="Oui"}]\n',
     "il faut au moins deux réponses possibles"),
    ('[[question]]\ncode = "car"\ngroup = "Sa voiture"\ntext = "A-t-elle une voiture ?"\noptions = '
     '[{code="yes",text="Oui"},{code="no",text="Non"}]\n', "question : il y en a trop"),
    ("regles = 1", "regles : ce mot n’est pas connu"),
    ("version = ", "ce n’est pas du TOML"),
    ('[not_screened]\nrsb = "?"\n', "not_screened : le droit « rsb » n’est pas au catalogue"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_a_file_that_does_not_hold_together_is_refused_with_what_is_wrong(tmp_path: Path, text: str, sentence: str):
    path = own(tmp_path, text)
    with pytest.raises(ScreeningRefused) as refused:
        read_screening(path)
    assert sentence in str(refused.value) and str(path) in str(refused.value)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path):
    with pytest.raises(ScreeningRefused, match="ne peut pas être lu"):
        read_screening(tmp_path / "nowhere.toml")


def test_every_fault_is_named_at_once():
    data = tomllib.loads(NATIONAL.read_text("utf-8"))
    broken = copy.deepcopy(data)
    broken["rule"] = [one for one in data["rule"] if one["right"] not in ("rsa", "apl")]
    broken["yours"].pop("Son logement")
    assert faults(Screening.model_validate(broken)) == [
        "yours : il manque le groupe « Son logement »",
        "le droit « apl » n’a pas de règle : ajoutez-en une, ou dites pourquoi dans not_screened",
        "le droit « rsa » n’a pas de règle : ajoutez-en une, ou dites pourquoi dans not_screened",
    ]


LOCAL = OWN.replace("carte_sortir", "pass_valbrume") + """
[[right]]
code = "pass_valbrume"
name = "Pass Valbrume"
in_charge = ["ccas", "epci"]
"""


def test_a_territory_declares_a_right_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shown = dict(catalogue())
    monkeypatch.setattr(screening_file, "add_local", lambda rights: shown.update({one.code: one for one in rights}))
    learn_local_rights(own(tmp_path, LOCAL))
    assert shown["pass_valbrume"].local and shown["pass_valbrume"].name == "Pass Valbrume"
    with pytest.raises(ScreeningRefused, match="déjà au catalogue"):
        learn_local_rights(own(tmp_path, LOCAL.replace("pass_valbrume", "rsa")))
    with pytest.raises(ScreeningRefused, match="ce n’est pas une valeur de la liste"):
        learn_local_rights(own(tmp_path, LOCAL.replace("epci", "mairie")))
