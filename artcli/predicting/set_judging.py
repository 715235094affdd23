"""Whether a generated set helps: the same recipe, folds and seeds without it and with it.

Out-of-fold predictions of both arms come in, a `JudgedSet` goes out. A gain is macro F1 with the
set less that without, each the mean over the arm's seeds; its interval is a paired bootstrap by
painting.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from artcli.contest.f1 import Estimate, Resamples, estimate, f1_of
from artcli.contest.generated.admitting import admitted
from artcli.errors import ArtcliError
from artcli.predicting.exam import line_up, on_common_folds
from artcli.workspace.files import read_json
from artcli.workspace.paths import checked_name

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from artcli.contest.generated.records import GeneratedSet
    from artcli.contest.splits import Folds
    from artcli.contest.tables import Contest
    from artcli.predicting.exam import Exam
    from artcli.predicting.folder import Kept
    from artcli.workspace.paths import Workspace

Outcome = Literal["helps", "harms", "not more than noise"]


@dataclass(frozen=True)
class Gain:
    """Mean F1 of one or several artists without the set and with it, and the `difference`."""

    without: float
    with_set: float
    difference: Estimate

    @property
    def outcome(self) -> Outcome:
        """`helps` or `harms` only where the interval of the difference leaves out 0."""
        if self.difference.low > 0:
            return "helps"
        return "harms" if self.difference.high < 0 else "not more than noise"


@dataclass(frozen=True)
class ArtistGain:
    """An artist's gain; the paintings there are, the new works in the plan, and how many of these
    a fold could learn from, in the mean over the folds."""

    artist: str
    gain: Gain
    paintings: int
    works: int
    taken: float


@dataclass(frozen=True)
class TakenWorks:
    """How many of the plan's works a fold may learn from, of each artist."""

    fold: int
    of_artist: dict[str, int]

    @property
    def count(self) -> int:
        return sum(self.of_artist.values())


@dataclass(frozen=True)
class JudgedSet:
    """What a set has done to a recipe.

    `name`: the set, as it was when the digest of its works was `works_sha256`; `recipe`: the run or
    recipe that was named; `without`, `with_set`: the runs of each arm, one for each of `seeds`;
    `planned`: the works of the plan; `taken`: what each fold took of them; `all_artists`, `given`
    (those with new works), `others`: the gains of macro F1 over these artists, None where there is
    none of them; `by_seed`: the difference over all artists with each seed; `artists`: one by one,
    those with new works first, the greatest gain first.
    """

    name: str
    works_sha256: str
    created: str
    recipe: str
    seeds: tuple[int, ...]
    without: tuple[str, ...]
    with_set: tuple[str, ...]
    planned: int
    taken: tuple[TakenWorks, ...]
    pieces: int
    all_artists: Gain
    given: Gain | None
    others: Gain | None
    by_seed: tuple[float, ...]
    artists: tuple[ArtistGain, ...]

    @property
    def verdict(self) -> str:
        outcome = self.all_artists.outcome
        if outcome == "not more than noise":
            return (
                f"{self.name} does not help {self.recipe} by more than noise: the interval of "
                "the difference holds 0"
            )
        return f"{self.name} {outcome} {self.recipe}: the difference is more than noise"

    def artists_that(self, outcome: Outcome) -> tuple[ArtistGain, ...]:
        """Of the artists with new works those of this outcome."""
        return tuple(one for one in self.artists if one.works and one.gain.outcome == outcome)

    def is_of(self, found: GeneratedSet) -> bool:
        """Whether the set still has the works that were judged."""
        return self.works_sha256 == works_sha256(found)

    def document(self) -> dict[str, Any]:
        """As JSON, with the outcomes in words."""

        def gain(found: Gain | None) -> dict[str, Any] | None:
            return None if found is None else {**asdict(found), "outcome": found.outcome}

        return {
            **asdict(self),
            "verdict": self.verdict,
            "all_artists": gain(self.all_artists),
            "given": gain(self.given),
            "others": gain(self.others),
            "artists": [{**asdict(one), "gain": gain(one.gain)} for one in self.artists],
        }


def judge_set(
    contest: Contest,
    found: GeneratedSet,
    folds: Folds,
    *,
    recipe: str,
    seeds: Sequence[int],
    without: Sequence[Kept],
    with_set: Sequence[Kept],
) -> JudgedSet:
    """What the set has done, by the predictions of both arms, a run for each seed in each.

    Errors: `Problems` where the runs were not judged on the same pieces in the same folds.
    """
    lineup = line_up(contest, on_common_folds([*without, *with_set]))
    exam, plan, taken = lineup.exam, found.facts.plan, taken_works(found, folds)
    arms = _Arms.of(exam, lineup.oof.argmax(2), len(without))
    given = np.array([artist in plan for artist in exam.classes])
    artists = [
        ArtistGain(
            artist,
            gain,
            contest.counts[number],
            plan.get(artist, 0),
            float(np.mean([fold.of_artist.get(artist, 0) for fold in taken])),
        )
        for number, artist in enumerate(exam.classes)
        if (gain := arms.gain(np.arange(len(given)) == number)) is not None
    ]
    all_artists = arms.gain(np.ones_like(given))
    assert all_artists is not None  # there are pieces, or they could not have been lined up
    return JudgedSet(
        name=found.name,
        works_sha256=works_sha256(found),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        recipe=recipe,
        seeds=tuple(seeds),
        without=tuple(run.name for run in without),
        with_set=tuple(run.name for run in with_set),
        planned=sum(plan.values()),
        taken=taken,
        pieces=len(exam),
        all_artists=all_artists,
        given=arms.gain(given),
        others=arms.gain(~given),
        by_seed=arms.by_seed,
        artists=tuple(
            sorted(artists, key=lambda one: (not one.works, -one.gain.difference.value, one.artist))
        ),
    )


def taken_works(found: GeneratedSet, folds: Folds) -> tuple[TakenWorks, ...]:
    """What each of the folds may learn from."""
    taken = []
    for fold in range(folds.k):
        works = [work.artist for work in admitted(found, folds.validation(fold))]
        taken.append(TakenWorks(fold, {artist: works.count(artist) for artist in found.facts.plan}))
    return tuple(taken)


def works_sha256(found: GeneratedSet) -> str:
    """A digest of what the works show and whose they are."""
    lines = (f"{work.id} {work.artist} {work.sha256}\n" for work in found.works)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def judged_file(workspace: Workspace, name: str, run: str) -> Path:
    """Where it is kept what the set `name` has done to the run (or recipe) `run`."""
    return workspace.reports / "generated" / checked_name(name) / f"judge-{checked_name(run)}.json"


def read_judged(workspace: Workspace, found: GeneratedSet) -> tuple[JudgedSet, ...]:
    """What is known of the set as it is now, oldest first: of each run that it was judged with.

    Errors: `ArtcliError` for a damaged file.
    """
    files = judged_file(workspace, found.name, "any").parent.glob("judge-*.json")
    known = [judged for path in files if (judged := _read(path)).is_of(found)]
    return tuple(sorted(known, key=lambda judged: judged.created))


def _read(path: Path) -> JudgedSet:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(JudgedSet).validate_python(read_json(path))
    except ValidationError as error:
        raise ArtcliError(f"{path} does not hold what it should", "remove it") from error


@dataclass(frozen=True, eq=False)
class _Arms:
    """F1 by artist without the set and with it: of each seed `(2, M, C)`, and in each resample the
    mean over the seeds `(2, R, C)`; which artists occur `(C,)`, and in each resample `(R, C)`."""

    f1: NDArray[np.float64]
    resampled: NDArray[np.float64]
    occur: NDArray[np.bool_]
    occur_resampled: NDArray[np.bool_]

    @classmethod
    def of(cls, exam: Exam, guesses: NDArray[np.intp], first: int) -> _Arms:
        """Of the class numbers `guesses` `(2 M, N)` the `first` ones are without the set."""
        size, sides = len(exam.classes), (guesses[:first], guesses[first:])
        drawn = Resamples.of(exam.truth, exam.ids, size)
        true = np.bincount(exam.truth, minlength=size)

        def f1(guess: NDArray[np.intp]) -> NDArray[np.float64]:
            right = np.bincount(guess[guess == exam.truth], minlength=size)
            return f1_of(right, true, np.bincount(guess, minlength=size))[0]

        return cls(
            np.array([[f1(guess) for guess in side] for side in sides]),
            np.array([np.mean([drawn.by_class(one)[0] for one in side], axis=0) for side in sides]),
            true > 0,
            drawn.true > 0,
        )

    def gain(self, artists: NDArray[np.bool_]) -> Gain | None:
        """The gain over `artists` `(C,)`; None where none of them occurs.

        Each resample averages over those of them that it holds, as it does for the macro F1.
        """
        if not (counted := artists & self.occur).any():
            return None
        without, with_set = self.f1.mean(1)[:, counted].mean(1).tolist()
        there = self.occur_resampled & counted
        some = there.any(1)
        moved = np.where(there, self.resampled[1] - self.resampled[0], 0)[some].sum(1)
        return Gain(without, with_set, estimate(with_set - without, moved / there[some].sum(1)))

    @property
    def by_seed(self) -> tuple[float, ...]:
        """The difference of macro F1 with each seed."""
        return tuple((self.f1[1] - self.f1[0])[:, self.occur].mean(1).tolist())
