"""An ensemble as it is made: the blend of runs, with all that is measured of it.

A `Lineup` comes in; an `Ensemble` goes out: probabilities to keep, and figures to show. All scores
but the naive one are nested, with intervals by painting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.contest.f1 import Estimate, Resamples, estimate
from artcli.contest.quick_f1 import QuickF1
from artcli.predicting.blending import fit_blend, fit_finish, nested, pooled
from artcli.predicting.calibration import Reliability, reliability
from artcli.predicting.choosing import RESAMPLES, Choice, propose, singles_and_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.predicting.blending import Method, Nested
    from artcli.predicting.exam import Exam, Lineup

    Numbers = NDArray[np.integer[Any]]

SHOWN = 5  # of the pairs, and of the single runs, in a comparison


@dataclass(frozen=True, eq=False)
class Groups:
    """Which pieces are pooled: equal numbers, of the exam's `(N,)` and of the test's `(T,)`."""

    validation: Numbers
    test: Numbers


@dataclass(frozen=True)
class Member:
    """A run in an ensemble: its own macro F1, its temperature and, where it has one, its weight."""

    name: str
    f1: Estimate
    temperature: float
    weight: float | None


@dataclass(frozen=True)
class Compared:
    """A set of runs: its nested macro F1 and, where it was asked for, by how much that exceeds the
    best single run's."""

    runs: tuple[str, ...]
    f1: float
    gain: Estimate | None = None


@dataclass(frozen=True)
class Comparison:
    """Sets of runs, the best first: `sets` are every run alone, every pair, and all; `shown` are
    the best of each kind, with their gain on `best_single`. `proposed` is the best set of as few
    runs as come within one standard error of the best of all."""

    sets: tuple[Compared, ...]
    shown: tuple[Compared, ...]
    best_single: str
    proposed: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        return {
            "best_single": self.best_single,
            "proposed": list(self.proposed),
            "shown": [asdict(one) for one in self.shown],
            "sets": [{"runs": list(one.runs), "f1": one.f1} for one in self.sets],
        }


@dataclass(frozen=True, eq=False)
class Ensemble:
    """A blend of runs.

    `oof` `(N, C)`: the nested probabilities; `test` `(T, C)`: those of the blend fitted on all
    pieces, as `members`, `temperature` and `offsets` (by artist; empty for none) tell of it.
    `f1` is nested, `naive` that of the blend on the very pieces it was fitted on. `offsets_gain`
    and `pooling_gain` (None where nothing is pooled) are differences of nested macro F1; `before`
    and `after` the last temperature, whether the nested probabilities mean what they say.
    `comparison`: of the runs alone, in pairs and together, all without offsets.
    """

    members: tuple[Member, ...]
    temperature: float
    offsets: Mapping[str, float]
    f1: Estimate
    naive: float
    offsets_gain: Estimate
    pooling_gain: Estimate | None
    before: Reliability
    after: Reliability
    comparison: Comparison | None
    oof: NDArray[np.float32]
    test: NDArray[np.float32]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.members)

    def document(self) -> dict[str, Any]:
        """All but the arrays, as JSON."""
        return {
            "members": [asdict(member) for member in self.members],
            "temperature": self.temperature,
            "offsets": dict(self.offsets),
            "f1": asdict(self.f1),
            "naive_f1": self.naive,
            "offsets_gain": asdict(self.offsets_gain),
            "pooling_gain": asdict(self.pooling_gain) if self.pooling_gain else None,
            "reliability": {"before": asdict(self.before), "after": asdict(self.after)},
            "comparison": self.comparison.document() if self.comparison else None,
        }


def make_ensemble(
    lineup: Lineup,
    splits: Numbers,
    method: Method,
    *,
    offsets: bool = False,
    groups: Groups | None = None,
    compare: bool = True,
    done: Callable[[], object] = lambda: None,
) -> Ensemble:
    """Blend the runs of `lineup`; `splits` `(N,)` are those of `Exam.splits`, at least two.

    `compare`: whether to see how some of the runs alone would do. `done` is called after all pieces
    were fitted together, and after each split.
    """
    exam, truth = lineup.exam, lineup.exam.truth
    own = groups.validation if groups else None
    blend = fit_blend(method, lineup.oof, truth)
    known = pooled(blend(lineup.oof), own)
    finish = fit_finish(known, truth, offsets=offsets, calibrate=method.calibrate)
    test = pooled(blend(lineup.test), groups.test if groups else None)
    done()
    judged = nested(
        method, lineup.oof, truth, splits, own,
        sets=singles_and_pairs(len(lineup)) if compare else (), starts=blend.temperatures,
        done=done,
    )  # fmt: skip
    score = _Scores.of(exam)
    oof = judged.offset if offsets else judged.plain
    weights = blend.vote.weights or (None,) * len(lineup)
    found = finish.offsets if finish.offsets is not None else ()
    return Ensemble(
        members=tuple(
            Member(name, score.f1(one), temperature, weight)
            for name, one, temperature, weight in zip(
                lineup.names, lineup.oof, blend.temperatures, weights, strict=True
            )
        ),
        temperature=finish.temperature,
        offsets=dict(zip(exam.classes, map(float, found), strict=False)),
        f1=score.f1(oof),
        naive=score.quick(finish(known).argmax(1)),
        offsets_gain=score.gain(judged.offset.argmax(1), judged.plain.argmax(1)),
        pooling_gain=(
            score.gain(judged.blended.argmax(1), judged.agreed.argmax(1)) if groups else None
        ),
        before=reliability(judged.blended, truth),
        after=reliability(oof, truth),
        comparison=_compared(lineup, judged, score) if compare else None,
        oof=oof,
        test=finish(test),
    )


def _compared(lineup: Lineup, judged: Nested, score: _Scores) -> Comparison:
    exam = lineup.exam
    guesses = {**judged.sets, tuple(range(len(lineup))): judged.blended.argmax(1)}
    choices = [Choice(chosen, guess, score.quick(guess)) for chosen, guess in guesses.items()]
    choices = sorted(choices, key=lambda choice: -choice.f1)
    few = Resamples.of(exam.truth, exam.ids, len(exam.classes), resamples=RESAMPLES)
    proposed = propose(choices, few)
    singles, pairs, more = (
        [one for one in choices if low <= len(one.members) <= high]
        for low, high in ((1, 1), (2, 2), (3, len(lineup)))
    )
    shown = [*more, *pairs[:SHOWN], *singles[:SHOWN]]
    shown += [proposed] if proposed not in shown else []
    best = singles[0]

    def names(choice: Choice) -> tuple[str, ...]:
        return tuple(lineup.names[number] for number in choice.members)

    return Comparison(
        tuple(Compared(names(one), one.f1) for one in choices),
        tuple(
            Compared(
                names(one), one.f1, score.gain(one.guess, best.guess) if one is not best else None
            )
            for one in sorted(shown, key=lambda one: -one.f1)
        ),
        names(best)[0],
        names(proposed),
    )


def of_runs(lineup: Lineup, names: tuple[str, ...]) -> Lineup:
    """The line-up of these of its runs alone."""
    places = [lineup.names.index(name) for name in names]
    return replace(lineup, names=names, oof=lineup.oof[places], test=lineup.test[places])


@dataclass(frozen=True, eq=False)
class _Scores:
    """Macro F1 with intervals, of many guesses of one exam."""

    quick: QuickF1
    resamples: Resamples

    @classmethod
    def of(cls, exam: Exam) -> _Scores:
        classes = len(exam.classes)
        return cls(QuickF1.of(exam.truth, classes), Resamples.of(exam.truth, exam.ids, classes))

    def f1(self, probabilities: NDArray[Any]) -> Estimate:
        guess = probabilities.argmax(1)
        return estimate(self.quick(guess), self.resamples.scores(guess))

    def gain(self, ours: Numbers, theirs: Numbers) -> Estimate:
        difference = self.resamples.scores(ours) - self.resamples.scores(theirs)
        return estimate(self.quick(ours) - self.quick(theirs), difference)
