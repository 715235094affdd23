"""How the problems and notices of tables are told when they are gathered, by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from artcli.contest.findings import Severity
from artcli.contest.fixes import FIXES_NAME, TRAIN_NAME
from artcli.contest.genres import ALIASES_NAME, ARTISTS_NAME
from artcli.contest.tables import SAMPLE_NAME, TEST_NAME


@dataclass(frozen=True)
class Kind:
    """How problems of one code are told: `title` of one, and of several with their number."""

    title: tuple[str, str]
    advice: str = ""
    severity: Severity = "error"


_BY_HAND = f"mend the file, or correct rows of {TRAIN_NAME} in a {FIXES_NAME}"
_UNREADABLE = Kind(
    ("a table cannot be read", "{} tables cannot be read"), "save it as CSV in UTF-8, with a header"
)
_EMPTY = Kind(("a table is empty", "{} tables are empty"), "bring the contest's own file in again")
_MISFIT = Kind(
    ("a correction does not fit", "{} corrections do not fit"),
    f"mend its line of {FIXES_NAME}, or remove it",
)
KINDS: Mapping[str, Kind] = {
    "unreadable-table": _UNREADABLE,
    "empty-table": _EMPTY,
    "no-rows": _EMPTY,
    "bad-header": Kind(("a header is wrong", "{} headers are wrong"), "mend the first line"),
    "ragged-row": Kind(
        ("a row has too few or too many cells", "{} rows have too few or too many cells"),
        'a comma in a cell needs quotes around it: "Bruegel, Pieter"',
    ),
    "blank-cell": Kind(("a cell is blank", "{} cells are blank"), "fill it, or remove the row"),
    "control-character": Kind(
        ("a cell holds a control character", "{} cells hold control characters"), "retype the cell"
    ),
    "repeated-id": Kind(
        ("an id is given twice", "{} ids are given to a second row"),
        f"{_BY_HAND}; until then the first row of each id counts",
    ),
    "repeated-name": Kind(
        (
            f"an artist has two rows in {ARTISTS_NAME}",
            f"{{}} artists have several rows in {ARTISTS_NAME}",
        ),
        "keep one of them",
    ),
    "repeated-artist": Kind(
        (
            f"a spelling is joined twice in {ALIASES_NAME}",
            f"{{}} spellings are joined twice in {ALIASES_NAME}",
        ),
        "keep one of the lines",
    ),
    "bad-path": Kind(
        ("a path cannot be used", "{} paths cannot be used"),
        "paths start at the data folder and stay in it, like ./train/0000.jpg",
    ),
    "one-file-two-artists": Kind(
        ("a file is given to two artists", "{} rows give the file of another row a second artist"),
        f"one of the two is wrong: {_BY_HAND}",
    ),
    "one-file-two-paths": Kind(
        (
            "two rows' paths come to one file",
            "{} rows' paths come to the file of another row",
        ),
        "give the files names that differ in more than letter case or Unicode form",
    ),
    "unmatched-id": Kind(
        (
            f"an id is in {TEST_NAME} or in {SAMPLE_NAME} alone",
            f"{{}} ids are in {TEST_NAME} or in {SAMPLE_NAME} alone",
        ),
        "a submission must list the pieces of the test, each once: are both files of one contest?",
    ),
    "unjoined-name": Kind(
        (
            f"an artist has no row in {ARTISTS_NAME}",
            f"{{}} artists have no row in {ARTISTS_NAME}",
        ),
        f"join the spellings in {ALIASES_NAME} (artist,name), or add rows to {ARTISTS_NAME}",
    ),
    "unknown-alias": Kind(
        (
            f"{ALIASES_NAME} names an artist without a row",
            f"{ALIASES_NAME} names {{}} artists without a row",
        ),
        f"write the name as {ARTISTS_NAME} does",
    ),
    "unused-alias": Kind(
        (
            f"{ALIASES_NAME} joins a name that is not in {TRAIN_NAME}",
            f"{ALIASES_NAME} joins {{}} names that are not in {TRAIN_NAME}",
        ),
        f"write the artist as {TRAIN_NAME} does, or remove the line",
        severity="warning",
    ),
    "one-artist": Kind(("there is one artist alone", "there is one artist alone")),
    "misfit-fix": _MISFIT,
    "bad-fix": _MISFIT,
    "table-not-there": Kind(("a table is not there", "{} tables are not there"), severity="note"),
    "unused-columns": Kind(
        ("a table has columns that are not used", "{} tables have columns that are not used"),
        severity="note",
    ),
    "not-utf-8": Kind(
        ("a table is not in UTF-8", "{} tables are not in UTF-8"),
        "look whether names are shown rightly",
        severity="note",
    ),
    "damaged-characters": Kind(
        ("a table has damaged characters", "{} tables have damaged characters"),
        "retype them, and save the file as UTF-8",
        severity="warning",
    ),
    "unicode-forms": Kind(
        (
            "an artist is written in several ways",
            "{} artists are written in several ways",
        ),
        "nothing to do: they are taken as one",
        severity="note",
    ),
    "names-alike": Kind(
        ("names that may be one artist's", "{} names that may each be one artist's"),
        f"if so, correct the artist of these rows in {FIXES_NAME}",
        severity="warning",
    ),
    "corrected-rows": Kind(
        ("corrections are in force", "{} corrections are in force"), severity="note"
    ),
}
