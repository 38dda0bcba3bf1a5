"""A person's key opens what was sealed for her and that field, and nothing after it is destroyed."""

import stat
import threading
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.person_keys import PersonKeyDestroyed, PersonKeys


@pytest.fixture
def keys(tmp_path: Path) -> PersonKeys:
    return PersonKeys(tmp_path / "intake" / "people")


def test_what_is_sealed_opens_again(keys: PersonKeys):
    person = uuid4()
    blob = keys.seal(person, "phone", "+33612345678")
    assert b"612345678" not in blob
    assert keys.open(person, "phone", blob) == "+33612345678"
    assert PersonKeys(keys.folder).open(person, "phone", blob) == "+33612345678"


@given(text=st.text(max_size=500))
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str):
    keys = PersonKeys(tmp_path_factory.mktemp("k", numbered=True) / "people")
    person = UUID(int=7)
    assert keys.open(person, "note", keys.seal(person, "note", text)) == text


def test_a_ciphertext_opens_for_its_person_and_field_only(keys: PersonKeys):
    person, other = uuid4(), uuid4()
    keys.seal(other, "phone", "x")
    blob = keys.seal(person, "phone", "+33612345678")
    assert keys.open(person, "postal_address", blob) is None
    assert keys.open(other, "phone", blob) is None


def test_the_same_text_is_sealed_differently_each_time(keys: PersonKeys):
    person = uuid4()
    assert keys.seal(person, "phone", "0612345678") != keys.seal(person, "phone", "0612345678")


def test_nothing_opens_once_the_key_is_destroyed_even_in_another_process(keys: PersonKeys):
    person, elsewhere = uuid4(), PersonKeys(keys.folder)
    blob = keys.seal(person, "phone", "+33612345678")
    assert elsewhere.open(person, "phone", blob) is not None
    keys.destroy(person)
    keys.destroy(person)
    assert keys.open(person, "phone", blob) is None
    assert elsewhere.open(person, "phone", blob) is None
    with pytest.raises(PersonKeyDestroyed):
        elsewhere.seal(person, "phone", "again")


def test_keys_are_private_files_in_private_folders(keys: PersonKeys):
    person = uuid4()
    keys.seal(person, "phone", "x")
    file = keys.folder / person.hex[:2] / f"{person}.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(one.stat().st_mode) for one in (file.parent, keys.folder)} == {0o700}
    assert not list(keys.folder.rglob("*.partial"))


def test_two_that_seal_at_once_share_one_key(keys: PersonKeys):
    person, blobs = uuid4(), []
    start = threading.Barrier(6)

    def seal() -> None:
        start.wait()
        blobs.append(PersonKeys(keys.folder).seal(person, "phone", "+33612345678"))

    threads = [threading.Thread(target=seal) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [keys.open(person, "phone", blob) for blob in blobs] == ["+33612345678"] * 6


def test_nothing_kept_opens_as_nothing(keys: PersonKeys):
    assert keys.open(uuid4(), "phone", None) is None
    assert keys.open(uuid4(), "phone", b"too short") is None


def test_the_lookup_hash_is_keyed_and_stable(keys: PersonKeys, tmp_path: Path):
    assert keys.lookup_hash("+33612345678") == PersonKeys(keys.folder).lookup_hash("+33612345678")
    assert keys.lookup_hash("+33612345678") != PersonKeys(tmp_path / "elsewhere").lookup_hash("+33612345678")
