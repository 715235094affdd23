"""Names are matched exactly, then by Unicode form, and never guessed."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from artcli.contest.names import match_names, nearest_names, one_damaged_copy

DURER = "Albrecht Dürer"
DECOMPOSED = unicodedata.normalize("NFD", DURER)
DAMAGED = "Albrecht Du rer"
KNOWN = (DURER, "Vasiliy Kandinskiy", "Vincent van Gogh", "Hieronymus Bosch")


def test_an_equal_name_and_another_unicode_form_match() -> None:
    assert DECOMPOSED != DURER
    assert match_names([DURER, DECOMPOSED, "Vincent\u00a0van  Gogh"], KNOWN) == {
        DURER: DURER,
        DECOMPOSED: DURER,
        "Vincent\u00a0van  Gogh": "Vincent van Gogh",
    }


def test_a_damaged_name_is_not_matched_but_its_one_original_is_found() -> None:
    assert match_names([DAMAGED, "albrecht dürer"], KNOWN) == {}
    assert one_damaged_copy(DAMAGED, KNOWN) == DURER
    assert nearest_names(DAMAGED, KNOWN)[0] == DURER


def test_two_originals_are_none() -> None:
    assert one_damaged_copy(DAMAGED, [*KNOWN, "Albrecht Durer"]) is None
    assert match_names([DECOMPOSED], [DURER, "Albrecht  Du\u0308rer"]) == {}


def test_a_name_with_no_letters_is_nobodys_copy() -> None:
    assert one_damaged_copy("--", ["...", "Ada"]) is None


def test_nothing_near_is_offered_for_a_stranger() -> None:
    assert nearest_names("Zzyzx", KNOWN) == []
    assert nearest_names("Vincent van Goh", KNOWN) == ["Vincent van Gogh"]


@given(names=st.lists(st.text(max_size=12), max_size=6), known=st.lists(st.text(max_size=12)))
def test_a_match_is_always_one_of_the_known_and_the_same_name(
    names: list[str], known: list[str]
) -> None:
    for name, found in match_names(names, known).items():
        assert found in known
        same = [" ".join(unicodedata.normalize("NFKC", each).split()) for each in (name, found)]
        assert same[0] == same[1]
