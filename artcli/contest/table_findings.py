"""What is odd about a contest's tables: an `Examined` contest in, `Finding`s out.

The problems and notices that reading them brought are gathered by kind; beside them stands what
only shows in the whole: classes too small, names that nearly agree, files and artists that no row
names.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from artcli.contest.csvfile import Row, read_table
from artcli.contest.findings import Finding
from artcli.contest.fixes import FIXES_NAME, TRAIN_NAME
from artcli.contest.genres import ARTISTS_NAME, read_genres
from artcli.contest.names import near_pairs
from artcli.contest.problem import code_of
from artcli.contest.problem_kinds import KINDS, Kind
from artcli.contest.tables import TEST_NAME, Contest, Examined, Painting

_GAPS = 0.01  # share of numbers that may lack where ids are still taken for a count
_OTHER = Kind(("something is wrong with a table", "{} things are wrong with tables"))
_OTHER_NOTICE = Kind(("a notice", "{} notices"), severity="note")


def table_findings(examined: Examined, folds: int = 5) -> list[Finding]:
    """All that can be said of a contest's tables; `folds` is the number that runs are to have."""
    contest = examined.contest
    found = [
        _offered(examined),
        *_by_code(examined.problems, _OTHER),
        *_by_code(examined.notices, _OTHER_NOTICE),
        _small_classes(contest, folds),
        _near_names(contest),
        _one_file_two_ids(contest),
        _gaps(contest),
        _without_works(contest),
        _unlisted(contest),
    ]
    return [finding for finding in found if finding is not None]


def _counted(number: int, one: str, many: str) -> str:
    return many.format(f"{number:,}") if number > 1 else one


def _by_code(lines: Iterable[str], otherwise: Kind) -> list[Finding]:
    cases: dict[str, list[str]] = {}
    for line in lines:
        cases.setdefault(code_of(line), []).append(str(line))
    found = []
    for code, told in cases.items():
        kind = KINDS.get(code, otherwise)
        title = _counted(len(told), *kind.title)
        found.append(Finding(code or "other", kind.severity, title, kind.advice, tuple(told)))
    return found


def _offered(examined: Examined) -> Finding | None:
    if not examined.offers:
        return None
    return Finding(
        "can-be-mended",
        "error" if examined.problems else "warning",
        _counted(
            len(examined.offers),
            "a fault that artcli can mend by itself",
            "{} faults that artcli can mend by itself",
        ),
        "artcli init --repair does, beside the files, and tells it row by row",
        examined.offers,
    )


def _small_classes(contest: Contest, folds: int) -> Finding | None:
    sizes = zip(contest.counts, contest.artists, strict=True)
    small = sorted((count, artist) for count, artist in sizes if count < folds)
    if not small:
        return None
    return Finding(
        "small-class",
        "warning",
        _counted(
            len(small),
            f"an artist has fewer works than there are folds ({folds})",
            f"{{}} artists have fewer works than there are folds ({folds})",
        ),
        "not every fold can be judged on them: bring more of their works, or make fewer folds",
        tuple(f"{artist}: {_works(count)}" for count, artist in small),
    )


def _near_names(contest: Contest) -> Finding | None:
    """Names a letter or so apart; those of equal letters are a notice of the tables already."""
    works = dict(zip(contest.artists, contest.counts, strict=True))
    told = [
        f"{one!r} ({_works(works[one])}) and {other!r} ({_works(works[other])})"
        for one, other in near_pairs(contest.artists)
    ]
    if not told:
        return None
    return Finding(
        "names-near",
        "warning",
        _counted(len(told), "two names nearly agree", "{} pairs of names nearly agree"),
        f"where one is a slip of the pen, correct the artist of its rows in {FIXES_NAME}",
        tuple(told),
    )


def _one_file_two_ids(contest: Contest) -> Finding | None:
    """Files named twice in a table, by one artist; those by two are a problem of it already."""
    first: dict[tuple[str, Path], Painting] = {}
    twins = []
    for painting in (*contest.train, *contest.test):
        one = first.setdefault((painting.kind, painting.path), painting)
        if one is not painting and one.artist == painting.artist:
            twins.append((one, painting))
    if not twins:
        return None
    return Finding(
        "one-file-two-ids",
        "warning",
        _counted(len(twins), "a file has two ids", "{} rows name the file of another row"),
        "keep one of the rows: the picture counts twice (two of train.csv share a fold)",
        tuple(
            f"{_table(twin)} row {twin.row} ({twin.id}): the file of {_table(one)} row {one.row}"
            f" ({one.id})"
            for one, twin in twins
        ),
        tuple((twin.kind, twin.id) for _, twin in twins),
    )


def _gaps(contest: Contest) -> Finding | None:
    """Numbers left out of ids that count; a hint that one was mistyped, or a row lost."""
    texts = {row["id"] for row in _rows(contest.data, TRAIN_NAME)}
    texts |= {painting.id for painting in contest.train}
    if not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in texts):
        return None
    numbers = {int(text) for text in texts}
    lacking = max(numbers) - min(numbers) + 1 - len(numbers)
    if not 0 < lacking <= max(1, _GAPS * len(numbers)):
        return None
    return Finding(
        "missing-id",
        "note",
        _counted(lacking, "a number is left out by the ids", "{} numbers are left out by the ids")
        + f" of {TRAIN_NAME}",
        "look whether a row was lost, or an id mistyped",
        tuple(str(n) for n in range(min(numbers), max(numbers)) if n not in numbers),
    )


def _without_works(contest: Contest) -> Finding | None:
    genres = read_genres(contest.data, dict.fromkeys(contest.artists, 0), [], [])
    unused = sorted({*genres.unused} - {*genres.unjoined.values()})
    if not unused:
        return None
    return Finding(
        "artist-without-works",
        "note",
        _counted(
            len(unused),
            f"an artist of {ARTISTS_NAME} has no works here",
            f"{{}} artists of {ARTISTS_NAME} have no works here",
        ),
        "nothing to do: they are no classes",
        tuple(unused),
    )


def _unlisted(contest: Contest) -> Finding | None:
    from artcli.contest.images import SUFFIXES

    used = {painting.path for painting in (*contest.train, *contest.test)}
    named = used | {
        contest.data / row["img_path"]
        for table in (TRAIN_NAME, TEST_NAME)
        for row in _rows(contest.data, table)
        if "img_path" in row.cells
    }
    lying = sorted(
        path
        for folder in {path.parent for path in used}
        if folder.is_dir()
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and path not in named
    )
    if not lying:
        return None
    return Finding(
        "unlisted-file",
        "note",
        _counted(len(lying), "a picture is in no table", "{} pictures are in no table"),
        f"nothing reads them; give them rows in {TRAIN_NAME} if they belong to the contest",
        tuple(path.relative_to(contest.data).as_posix() for path in lying),
    )


def _rows(data: Path, name: str) -> tuple[Row, ...]:
    """All rows of a table as it stands, those among them that a contest cannot use, or that a
    correction removes."""
    table = read_table(data / name, ("id",), [], optional=("img_path", "artist"))
    return table.rows if table else ()


def _works(count: int) -> str:
    return f"{count:,} work{'s' * (count > 1)}"


def _table(painting: Painting) -> str:
    return TRAIN_NAME if painting.kind == "train" else TEST_NAME
