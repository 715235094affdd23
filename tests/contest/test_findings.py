"""Findings stand in the order of their weight, and read as sentences."""

from __future__ import annotations

from artcli.contest.findings import Finding, in_order


def test_the_gravest_come_first_and_others_stay_in_their_order() -> None:
    found = [
        Finding("a", "note", "First"),
        Finding("b", "error", "Second"),
        Finding("c", "note", "Third"),
        Finding("d", "warning", "Fourth"),
    ]
    assert [one.code for one in in_order(found)] == ["b", "d", "a", "c"]


def test_they_read_as_sentences_but_names_of_files_and_commands_stay() -> None:
    told = in_order(
        [
            Finding("a", "note", "an id is given twice", "mend the file"),
            Finding("b", "note", "folds-5.csv does not fit", "artcli kfold makes new ones."),
            Finding("c", "note", "éclair is there twice", "is it one artist?"),
            Finding("d", "note", "3 files are empty"),
        ]
    )
    assert [(one.title, one.advice) for one in told] == [
        ("An id is given twice", "Mend the file."),
        ("folds-5.csv does not fit", "artcli kfold makes new ones."),
        ("Éclair is there twice", "Is it one artist?"),
        ("3 files are empty", ""),
    ]
