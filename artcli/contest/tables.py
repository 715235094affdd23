"""The contest's CSV files, checked: which painting is where, and who painted it.

A data folder comes in; a `Contest` goes out, or every problem at once with file, row, line and
column. `fixes.csv` (corrections of train.csv) and `aliases.csv` (spellings to join) are obeyed when
they are there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Literal

from artcli.contest.csvfile import Row, Table, TextForm, read_table
from artcli.contest.file_names import form_of, is_written_so, names_in, on_disk
from artcli.contest.fixes import FIXES_NAME, TRAIN_NAME, read_train
from artcli.contest.genres import read_genres
from artcli.contest.names import unicode_form
from artcli.contest.problem import Problem
from artcli.contest.repair import find_repairs
from artcli.contest.spellings import one_spelling
from artcli.errors import ArtcliError, Problems
from artcli.workspace.paths import Workspace
from artcli.workspace.plain_files import is_there

if TYPE_CHECKING:
    from artcli.contest.generated.records import GeneratedWork
    from artcli.host.records import Classes

TEST_NAME, SAMPLE_NAME = "test.csv", "sample_submission.csv"
Kind = Literal["train", "test"]


@dataclass(frozen=True)
class Painting:
    """One row of train.csv (a whole painting) or test.csv (a piece; `artist` is None)."""

    id: str
    path: Path
    artist: str | None
    row: int
    kind: Kind


@dataclass(frozen=True)
class Contest:
    """A contest's tables, checked. `artists` is sorted: the order of classes everywhere.

    `counts` are the training paintings of each artist; `genre_matrix[c][g]` is 1 where artist c
    worked in genre g. `sample_*` say what a submission must look like (no ids: no such file).
    """

    data: Path
    train: tuple[Painting, ...]
    test: tuple[Painting, ...]
    artists: tuple[str, ...]
    counts: tuple[int, ...]
    genres: tuple[str, ...]
    genre_matrix: tuple[tuple[int, ...], ...]
    sample_ids: tuple[str, ...]
    sample_header: tuple[str, str] = ("id", "artist")
    sample_form: TextForm = field(default_factory=TextForm)
    notices: tuple[str, ...] = ()

    @property
    def sample_encoding(self) -> str:
        return self.sample_form.encoding

    def classes(self, members: Iterable[Painting | GeneratedWork] | None = None) -> Classes:
        """What a head or a loss may know of the classes; counts are those of `members`."""
        from artcli.host.records import Classes

        tally = Counter(one.artist for one in members) if members is not None else None
        counts = self.counts if tally is None else tuple(tally[name] for name in self.artists)
        return Classes(self.artists, counts, self.genres, self.genre_matrix)


@dataclass(frozen=True)
class Examined:
    """A contest as far as it can be read, and what is wrong with it.

    Of rows with one id `contest` holds the first, and none whose id, artist or path cannot be
    used, so that all that a `Contest` promises is true of it, but for its number of artists,
    which may be one. `problems` keep it from being used and `notices` do not; each is a `Problem`
    with a code. `offers` say what `artcli init --repair` would mend.
    """

    contest: Contest
    problems: tuple[str, ...]
    notices: tuple[str, ...]
    offers: tuple[str, ...]

    @property
    def mends(self) -> str | None:
        return f"artcli init --repair would {'; '.join(self.offers)}" if self.offers else None

    def refusal(self) -> Problems:
        """The error of whoever cannot use a contest with problems."""
        hint = self.mends or f"mend the files, or correct rows of {TRAIN_NAME} in a {FIXES_NAME}"
        if not (self.contest.data / TRAIN_NAME).exists():
            hint = "bring a contest in: artcli init DIR --from CONTEST_DIR (or --sample)"
        return Problems(f"the contest in {self.contest.data} cannot be used", self.problems, hint)


def read_contest(
    source: Workspace | Path, *, follow_links: bool = False, corrections: Path | None = None
) -> Contest:
    """The contest in a workspace or in a data folder.

    train.csv must be there; test.csv, sample_submission.csv and artists_info.csv may be absent.
    Whether the image files can be decoded is `check_images`' to say; that their paths stay inside
    the folder is checked here (`follow_links`: symbolic links may lead out of it). `corrections`
    is a folder whose fixes.csv and aliases.csv are obeyed in place of the data folder's.

    Errors: `Problems`, all of them together; the hint says what `artcli init --repair` would mend.
    """
    examined = examine_contest(source, follow_links=follow_links, corrections=corrections)
    if examined.problems:
        raise examined.refusal()
    contest, mends = examined.contest, examined.mends
    return replace(contest, notices=(*contest.notices, mends)) if mends else contest


def examine_contest(
    source: Workspace | Path, *, follow_links: bool = False, corrections: Path | None = None
) -> Examined:
    """What `read_contest` reads, with its problems told instead of raised.

    Errors: `Problems`, where train.csv is missing, or not a row of it can be used.
    """
    data = source.data if isinstance(source, Workspace) else Path(source)
    if not data.is_dir():
        raise ArtcliError(
            f"{data} is not a folder", "a contest's folder holds train.csv and images"
        )
    reader = _Reader(data.resolve(), follow_links, corrections or data)
    contest = reader.contest()
    offers = () if corrections else find_repairs(data).offers
    examined = Examined(contest, tuple(reader.problems), contest.notices, offers)
    if not contest.train:
        raise examined.refusal()
    return examined


class _Reader:
    """One pass over a data folder, gathering problems and notices on the way."""

    def __init__(self, data: Path, follow_links: bool, corrections: Path) -> None:
        self.data = data
        self.follow_links = follow_links
        self.corrections = corrections
        self.problems: list[str] = []
        self.notices: list[str] = []
        self._resolved = cache(lambda folder: folder.resolve())
        self._names = cache(names_in)

    def contest(self) -> Contest:
        train_table = read_train(self.data, self.problems, self.notices, self.corrections)
        train = self._paintings(train_table, "train")
        self._one_artist_per_file(train)
        test_table = self._optional(
            TEST_NAME, ("id",), "there is nothing to predict", optional=("img_path",)
        )
        test = self._paintings(test_table, "test")
        sample = self._sample(test_table)
        names = one_spelling(Counter(str(one.artist) for one in train), self.notices)
        train = tuple(replace(p, artist=names[str(p.artist)]) for p in train)
        first_row: dict[str, int] = {}
        for painting in train:
            first_row.setdefault(str(painting.artist), painting.row)
        if train and len(first_row) < 2 and not self.problems:
            self.problems.append(
                Problem(
                    f"{TRAIN_NAME}: all paintings are by one artist; two are needed", "one-artist"
                )
            )
        known = read_genres(self.data, first_row, self.problems, self.notices, self.corrections).of
        train, test = _first_of_each_id(train), _first_of_each_id(test)
        tally = Counter(str(painting.artist) for painting in train)
        artists = tuple(sorted(tally))
        genres = tuple(sorted({genre for name in artists for genre in known.get(name, ())}))
        return Contest(
            data=self.data,
            train=train,
            test=test,
            artists=artists,
            counts=tuple(tally[name] for name in artists),
            genres=genres,
            genre_matrix=tuple(
                tuple(int(genre in known.get(name, ())) for genre in genres) for name in artists
            ),
            sample_ids=tuple(row["id"] for row in sample.rows) if sample else (),
            sample_form=sample.form if sample else TextForm(),
            notices=tuple(self.notices),
        )

    def _optional(
        self, name: str, columns: Sequence[str], without: str, *, optional: Sequence[str] = ()
    ) -> Table | None:
        """The table `name`; `without` says what its absence means."""
        if not is_there(self.data / name):
            self.notices.append(Problem(f"there is no {name}: {without}", "table-not-there"))
            return None
        table = read_table(self.data / name, columns, self.problems, optional=optional)
        self.notices += table.notices if table else ()
        return table

    def _paintings(self, table: Table | None, kind: Kind) -> tuple[Painting, ...]:
        if table is None:
            return ()
        self.problems += table.repeated("id")
        if "img_path" not in table.header and (others := set(table.header) - {"id", "artist"}):
            # Without paths the ids name the files; a path under another name must not be lost.
            self.problems.append(
                Problem(
                    f"{table.path.name} line 1: the header {','.join(table.header)!r} has no"
                    f" img_path; is it {' or '.join(map(repr, sorted(others)))}?",
                    "bad-header",
                )
            )
            return ()
        made: list[Painting] = []
        written: dict[Path, tuple[str, int]] = {}
        alike: dict[str, Path] = {}
        for row in table.rows:
            artist = row["artist"] if kind == "train" else None
            path = self._path(table, row, kind)
            if path is None:
                continue
            self._one_row_per_file(table, row, path, written, alike)
            if row["id"] and artist != "":
                made.append(Painting(row["id"], path, artist, row.number, kind))
        return tuple(made)

    def _one_row_per_file(
        self,
        table: Table,
        row: Row,
        path: Path,
        written: dict[Path, tuple[str, int]],
        alike: dict[str, Path],
    ) -> None:
        """A problem where another row's path, written otherwise, comes to the same file.

        So it is where one of two Unicode forms is on the disk, and on disks that take no notice of
        letter case.
        """
        text = _path_text(table, row)
        other, number = written.setdefault(path, (text, row.number))
        twin = alike.setdefault(form_of(str(path)).casefold(), path)
        if PurePosixPath(other) == PurePosixPath(text):
            if twin == path or not _same_file(twin, path):
                return
            if all(is_written_so(self.data, one, self._names) for one in (twin, path)):
                return  # two names of one file: a link
            other, number = written[twin]
        self.problems.append(
            Problem(
                f"{table.where(row, _path_column(table))}: {text!r} is on this disk the file of"
                f" {other!r}, row {number}",
                "one-file-two-paths",
            )
        )

    def _one_artist_per_file(self, paintings: Iterable[Painting]) -> None:
        first: dict[Path, Painting] = {}
        for painting in paintings:
            twin = first.setdefault(painting.path, painting)
            if twin.artist != painting.artist:
                self.problems.append(
                    Problem(
                        f"{TRAIN_NAME} row {painting.row}, column img_path: the file of row"
                        f" {twin.row}, there by {twin.artist}, here by {painting.artist}",
                        "one-file-two-artists",
                    )
                )

    def _path(self, table: Table, row: Row, kind: Kind) -> Path | None:
        """The image of `row`, inside the data folder; None, with a problem, when it is not.

        Without a column img_path: train/0000.jpg for the id 0, test/TEST_00000.jpg for its id.
        """
        column, text = _path_column(table), _path_text(table, row)
        if not text:
            return None  # reported as blank already
        if column == "id":
            fault = "cannot name a file" if PurePosixPath(text).name != text else None
            text = f"{kind}/{text.zfill(4) if text.isdecimal() else text}.jpg"
        else:
            fault = _fault_of(text)
        path = self.data / text
        if fault is None:
            try:
                path = on_disk(self.data, text, self._names)
            except (OSError, ValueError):
                fault = "cannot be a file's path"
        fault = fault or self._leads_out(path)
        if fault is None:
            return path
        self.problems.append(
            Problem(f"{table.where(row, column)}: {row[column]!r} {fault}", "bad-path")
        )
        return None

    def _leads_out(self, path: Path) -> str | None:
        try:
            real = path.resolve() if path.is_symlink() else self._resolved(path.parent)
        except (OSError, ValueError, RuntimeError):  # too long, a NUL, a loop of links
            return "cannot be a file's path"
        if self.follow_links or real.is_relative_to(self.data):
            return None
        return "leads out of the data folder through a symbolic link; copy the file in"

    def _sample(self, test: Table | None) -> Table | None:
        sample = self._optional(
            SAMPLE_NAME, ("id", "artist"), "submissions will list the ids of test.csv"
        )
        if sample is None:
            return None
        if sample.header != ("id", "artist"):
            self.problems.append(
                Problem(
                    f"{SAMPLE_NAME} line 1: the header must be 'id,artist', nothing else,"
                    f" but is {','.join(sample.header)!r}",
                    "bad-header",
                )
            )
        self.problems += sample.repeated("id")
        if test is not None:
            self.problems += _strangers(test, sample)
            self.problems += _strangers(sample, test)
        return sample


def _path_column(table: Table) -> str:
    return "img_path" if "img_path" in table.header else "id"


def _path_text(table: Table, row: Row) -> str:
    return row[_path_column(table)]


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _first_of_each_id(paintings: Iterable[Painting]) -> tuple[Painting, ...]:
    first: dict[str, Painting] = {}
    for painting in paintings:
        first.setdefault(painting.id, painting)
    return tuple(first.values())


def _fault_of(text: str) -> str | None:
    """Why `text` cannot be the path of an image inside a data folder; None when it can."""
    if "\\" in text:
        return f"has backslashes; write {text.replace(chr(92), '/')!r}"
    if PurePosixPath(text).is_absolute() or PureWindowsPath(text).drive:
        return "is absolute; it must start at the data folder, like ./train/0000.jpg"
    if ".." in PurePosixPath(text).parts:
        return "leaves the data folder with '..'"
    return None


def _strangers(table: Table, other: Table) -> list[str]:
    """A problem for each row of `table` whose id `other` does not have."""
    known = {row["id"] for row in other.rows}
    forms = {unicode_form(key): key for key in known}
    return [
        Problem(
            f"{table.where(row, 'id')}: {row['id']!r} is not in {other.path.name}"
            + _in_another_form(row["id"], forms),
            "unmatched-id",
        )
        for row in table.rows
        if row["id"] and row["id"] not in known
    ]


def _in_another_form(key: str, forms: Mapping[str, str]) -> str:
    there = forms.get(unicode_form(key))
    return f", where it is written in another Unicode form ({there!a})" if there else ""
