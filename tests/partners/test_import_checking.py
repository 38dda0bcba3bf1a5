"""What an import would do, row by row: found again, doubled, changed by hand, in error; nothing is done in silence."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.partners.import_checking import check
from services.partners.import_verdict import Act, Directory, Given, Known, KnownDesk, Outcome, taken_of

SIRET = "13003013300016"


def known(name="CCAS de Dol", *, closed=False, desks=None, **values) -> Known:
    return Known(uuid4(), {"name": name, "kind": "ccas", **values}, closed, desks or {})


def directory(*organisations: Known, origins=None) -> Directory:
    return Directory({one.ref: one for one in organisations}, origins or {})


def row(number=2, choice="", **cells) -> Given:
    return Given(number, {"name": "CCAS de Dol", "kind": "CCAS", **cells}, choice)


def checked(rows, there: Directory, source="fichier", **more):
    return check(rows, there, source, **more)


def one_of(given: Given, there: Directory, **more):
    (found,) = checked([given], there, **more)
    return found


def origin(of: Known, **values):
    """The organisation was taken over from there with these values."""
    said = {"source": "fichier", "id": "7", "name": "CCAS de Dol", "kind": "ccas", **values}
    return {("fichier", "7"): (of.ref, taken_of(said))}


def test_a_row_without_any_likeness_is_new_and_one_without_name_or_kind_is_in_error() -> None:
    found = one_of(row(), directory())
    assert (found.outcome, found.act) == (Outcome.NEW, Act.MAKE)
    found = one_of(Given(2, {"siret": "12"}), directory())
    assert set(found.errors) == {"name", "kind", "siret"} and found.act is Act.NONE
    assert one_of(Given(2, {"name": "Le Fil"}), directory(), kind="association").act is Act.MAKE
    there = known("Le Fil")
    again = one_of(Given(2, {"name": "Le Fil", "id": "7"}), directory(there, origins=origin(there)), kind="caf")
    assert (again.outcome, again.errors) == (Outcome.SAME, {})


def test_the_identifier_of_its_source_finds_it_again_even_renamed() -> None:
    there = known("Un tout autre nom", city="Dol")
    found = one_of(row(id="7", city="Dol"), directory(there, origins=origin(there, name="Un tout autre nom")))
    assert (found.target, found.outcome, found.changes) == (
        there.ref, Outcome.UPDATE, {"name": ("Un tout autre nom", "CCAS de Dol")},
    )  # fmt: skip


def test_an_empty_cell_erases_nothing() -> None:
    there = known(phone="02 61 91 00 01", city="Dol")
    found = one_of(row(id="7", phone=""), directory(there, origins=origin(there, phone="02 61 91 00 01")))
    assert (found.outcome, found.changes) == (Outcome.SAME, {})


def test_what_was_changed_by_hand_stays_and_is_asked_about_when_the_file_changed_too() -> None:
    there = known(city="Dol-en-Bas")
    origins = origin(there, city="Dol")
    same = one_of(row(id="7", city="Dol"), directory(there, origins=origins))
    assert (same.outcome, same.kept) == (Outcome.SAME, ["city"])
    both = one_of(row(id="7", city="Dolomieu"), directory(there, origins=origins))
    assert (both.outcome, both.act, both.conflicts) == (Outcome.DECIDE, Act.NONE, {"city": ("Dol-en-Bas", "Dolomieu")})
    assert both.changes == {}
    mine = one_of(row(id="7", city="Dolomieu", choice="mine"), directory(there, origins=origins))
    assert (mine.act, mine.changes) == (Act.KEEP, {})
    theirs = one_of(row(id="7", city="Dolomieu", choice="theirs"), directory(there, origins=origins))
    assert (theirs.act, theirs.changes) == (Act.CHANGE, {"city": ("Dol-en-Bas", "Dolomieu")})


def test_the_same_siret_is_asked_about_and_then_the_same_name_in_the_same_city() -> None:
    there, elsewhere = known(siret=SIRET, city="Dol"), known("Ccas de DÔL", city="Rennes")
    found = one_of(row(name="Autre nom", siret=SIRET), directory(there, elsewhere))
    assert (found.outcome, found.act, found.candidates[0]["why"]) == (Outcome.DECIDE, Act.NONE, "siret")
    for city, outcome in (("Dol", Outcome.SAME), ("", Outcome.DECIDE), ("Brest", Outcome.NEW)):
        assert one_of(row(city=city), directory(there, elsewhere)).outcome is outcome, city
    assert one_of(row(phone="3230", city="Dol"), directory(there)).candidates[0]["why"] == "name"


def test_each_answer_about_a_likeness_does_what_it_says() -> None:
    there = known(siret=SIRET)
    asked = {"siret": SIRET, "phone": "3230"}
    update = one_of(row(choice=f"update:{there.ref}", **asked), directory(there))
    assert (update.act, update.target, update.changes) == (Act.CHANGE, there.ref, {"phone": ("", "3230")})
    new = one_of(row(choice="new", **asked), directory(there))
    assert (new.act, new.target) == (Act.MAKE, None)
    assert one_of(row(choice="leave", **asked), directory(there)).act is Act.LEAVE
    stale = one_of(row(choice=f"update:{uuid4()}", **asked), directory(there))
    assert stale.act is Act.NONE


def test_an_organisation_that_left_is_left_alone_and_is_no_likeness() -> None:
    gone = known(closed=True, siret=SIRET)
    found = one_of(row(id="7", phone="3230"), directory(gone, origins=origin(gone)))
    assert (found.outcome, found.act, found.why) == (Outcome.LEFT, Act.LEAVE, "closed")
    assert one_of(row(siret=SIRET), directory(gone)).outcome is Outcome.NEW


def test_two_rows_of_one_file_that_may_be_one_organisation_are_asked_about() -> None:
    rows = [row(2, id="a", city="Dol"), row(3, id="b", city="Dol"), row(4, id="b", city="Dol")]
    first, second, third = checked(rows, directory())
    assert (first.act, second.outcome, second.candidates[0]["row"]) == (Act.MAKE, Outcome.DECIDE, 2)
    assert third.head == 3 and "ligne 3" in third.errors["id"]
    assert checked([rows[0], row(3, "new", id="b", city="Dol")], directory())[1].act is Act.MAKE


def test_further_rows_of_an_organisation_are_its_desks() -> None:
    desk = {"rights": "RSA", "modes": "Rendez-vous pris"}
    rows = [row(2, id="a", desk="Accueil", **desk), row(3, id="a", desk="Annexe", **desk), row(4, id="a", desk="Trois")]
    first, second, third = checked(rows, directory())
    assert (first.act, second.act, second.head) == (Act.MAKE, Act.CHANGE, 2)
    assert set(second.changes) == {"desk", "rights", "modes"}
    assert set(third.errors) == {"rights", "modes"}
    waiting = checked([row(2, id="a", phone="x"), rows[1]], directory())[1]
    assert (waiting.act, waiting.why) == (Act.LEAVE, "head")
    other = checked([row(2, id="a", city="Dol"), row(3, id="a", city="Brest", desk="B", **desk)], directory())[1]
    assert "ligne 2" in other.errors["city"]


def test_a_desk_is_found_again_by_its_name_and_one_renamed_by_hand_is_not_made_again() -> None:
    desk = KnownDesk(uuid4(), {"desk": "Accueil", "desk_phone": "", "rights": "rsa", "modes": "rdv_pris"})
    there = known(desks={"accueil": desk})
    asked = {"id": "7", "desk": "ACCUEIL", "rights": "RSA | PPA", "modes": "Rendez-vous pris"}
    origins = origin(there, desk="Accueil", rights="rsa", modes="rdv_pris")
    found = one_of(row(**asked), directory(there, origins=origins))
    assert (found.desk, found.changes) == (desk.ref, {"rights": ("rsa", "rsa | ppa")})
    renamed = known(desks={"accueil social": desk})
    found = one_of(
        row(**asked), directory(renamed, origins={("fichier", "7"): (renamed.ref, origins["fichier", "7"][1])})
    )
    assert (found.outcome, found.kept) == (Outcome.SAME, ["desk"])


def test_an_identifier_of_a_file_without_a_name_is_nobodys() -> None:
    there = known()
    found = one_of(row(id="7", phone="3230"), directory(there, origins=origin(there)), source="")
    assert set(found.errors) == {"source"} and found.act is Act.NONE
    assert one_of(row(name="Le Fil"), directory(there), source="").act is Act.MAKE


def test_our_own_reference_finds_an_organisation_and_a_false_one_is_an_error() -> None:
    there = known(city="Dol")
    assert one_of(row(source="relais", id=str(there.ref)), directory(there)).outcome is Outcome.SAME
    for identifier in (str(uuid4()), "pas une référence"):
        assert "id" in one_of(row(source="relais", id=identifier), directory(there)).errors


CELL = st.sampled_from(("", "a", "Dol", "CCAS", "Caf", SIRET, "02 61 91 00 01", "rsa", "rdv_pris", "x" * 200, "'=1"))
ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(("id", "name", "kind", "siret", "city", "phone", "desk", "rights", "modes")), CELL, max_size=9
    ),
    max_size=6,
)
CHOICES = st.lists(st.sampled_from(("", "new", "leave", "mine", "theirs", f"update:{UUID(int=1)}")), min_size=6)


@given(ROWS, CHOICES)
def test_whatever_a_file_says_a_row_in_error_does_nothing_and_what_is_done_is_shown(cells, chosen) -> None:
    there = Known(UUID(int=1), {"name": "Dol", "kind": "caf", "siret": SIRET, "city": ""})
    rows = [Given(place + 2, one, chosen[place]) for place, one in enumerate(cells)]
    for one in checked(rows, directory(there)):
        if one.act in (Act.MAKE, Act.CHANGE):
            assert not one.errors and one.changes
            assert one.act is Act.MAKE or one.target or one.head
        if one.errors and one.outcome is not Outcome.LEFT:
            assert (one.outcome, one.act) == (Outcome.ERROR, Act.NONE)
        if one.outcome in (Outcome.NEW, Outcome.UPDATE):
            assert one.act in (Act.MAKE, Act.CHANGE, Act.KEEP)
