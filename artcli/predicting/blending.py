"""Several models become one: the blend, what is fitted of it, and its honest score.

Each member is calibrated, the voter makes one of them, pieces that belong together are pooled, and
the finish adds offsets, if they are asked for, and a last temperature. `nested` fits all of that on
some paintings and applies it to others, so that what it returns has never seen its own truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.errors import ArtcliError
from artcli.predicting.calibration import at_temperature, fit_temperature
from artcli.predicting.offsets import fit_offsets, shifted
from artcli.predicting.pooling import pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.host.binding import Bound

    Floats = NDArray[Any]
    Numbers = NDArray[np.integer[Any]]

Members = tuple[int, ...]  # by number
CLOSE = 1e-3  # to 1, the sum of a vote's row


@dataclass(frozen=True, eq=False)
class Vote:
    """A fitted voter: members `(M, K, C)` -> `(K, C)`.

    Errors: `ArtcliError` that names its plugin, where it fails or gives what no vote can be.
    """

    voter: Bound
    call: Callable[[Floats], Any]

    @property
    def weights(self) -> tuple[float, ...] | None:
        """How much each member counts, where the voter weighs them."""
        found = getattr(self.call, "weights", None)
        return None if found is None else tuple(map(float, found))

    def __call__(self, members: Floats) -> Floats:
        agreed = np.asarray(self.voter.blamed(self.call)(members))
        if agreed.shape != members.shape[1:] or not abs(agreed.sum(1) - 1).max(initial=0) < CLOSE:
            source = self.voter.registered[0].source
            raise ArtcliError(
                f"voter {self.voter.text} (from {source}) gives no rows of probabilities",
                "its author can see what it must do with: artcli.testing.check",
            )
        return agreed


@dataclass(frozen=True)
class Method:
    """How a blend is made: the voter, and whether temperatures are fitted or all left at 1."""

    voter: Bound
    calibrate: bool = True

    def fit_vote(self, oof: Floats, truth: Numbers) -> Vote:
        """The voter, fitted. Errors: `ArtcliError` that names its plugin."""
        fit = self.voter.blamed(self.voter().fit)
        return Vote(self.voter, fit(oof, truth))

    def fit_temperatures(
        self, oof: Floats, truth: Numbers, starts: Sequence[float] | None = None
    ) -> tuple[float, ...]:
        """That of each member of `oof` `(M, N, C)`; `starts` are near them, if any are known."""
        starts = starts or (1.0,) * len(oof)
        if not self.calibrate:
            return (1.0,) * len(oof)
        same = zip(oof, starts, strict=True)
        return tuple(fit_temperature(one, truth, start) for one, start in same)


@dataclass(frozen=True, eq=False)
class Blend:
    """What is fitted of the members: each one's temperature, and the vote."""

    temperatures: tuple[float, ...]
    vote: Vote

    def __call__(self, members: Floats) -> Floats:
        """`(M, K, C)` -> `(K, C)`."""
        return self.vote(calibrated(members, self.temperatures))


def fit_blend(method: Method, oof: Floats, truth: Numbers) -> Blend:
    temperatures = method.fit_temperatures(oof, truth)
    return Blend(temperatures, method.fit_vote(calibrated(oof, temperatures), truth))


def calibrated(members: Floats, temperatures: tuple[float, ...]) -> NDArray[np.float32]:
    """`members` `(M, K, C)`, each at its temperature."""
    same = zip(members, temperatures, strict=True)
    return np.stack([at_temperature(one, temperature) for one, temperature in same])


def pooled(agreed: Floats, groups: Numbers | None) -> NDArray[np.float32]:
    """The vote `(K, C)`, pooled over `groups` `(K,)` where there are any."""
    return np.asarray(agreed if groups is None else pool(agreed, groups), np.float32)


@dataclass(frozen=True, eq=False)
class Finish:
    """What is done to a blend `(K, C)`: offsets `(C,)` to its logs, None for none, and then a
    temperature."""

    offsets: NDArray[np.float64] | None
    temperature: float

    def __call__(self, blended: Floats) -> NDArray[np.float32]:
        moved = blended if self.offsets is None else shifted(blended, self.offsets)
        return at_temperature(moved, self.temperature)


def fit_finish(blended: Floats, truth: Numbers, *, offsets: bool, calibrate: bool) -> Finish:
    """`offsets`: whether to fit any; `calibrate`: whether to fit the temperature."""
    found = fit_offsets(blended, truth) if offsets else None
    if not calibrate:
        return Finish(found, 1.0)
    moved = blended if found is None else shifted(blended, found)
    return Finish(found, fit_temperature(moved, truth))


@dataclass(frozen=True, eq=False)
class Nested:
    """Of every piece, `(N, C)` float32, what was fitted without its painting says.

    `agreed`: the vote; `blended`: pooled; `plain`: with the finish, which has no offsets;
    `offset`: with one that has. `sets`: the guesses `(N,)` of blends of some members alone.
    """

    agreed: NDArray[np.float32]
    blended: NDArray[np.float32]
    plain: NDArray[np.float32]
    offset: NDArray[np.float32]
    sets: Mapping[Members, Numbers]


def nested(
    method: Method,
    oof: Floats,
    truth: Numbers,
    splits: Numbers,
    groups: Numbers | None = None,
    *,
    sets: Sequence[Members] = (),
    starts: Sequence[float] | None = None,
    done: Callable[[], object] = lambda: None,
) -> Nested:
    """Fit on all splits but one and apply to that one, for each: the honest out-of-fold blend.

    `oof` `(M, N, C)`, `truth`, `splits` and `groups` `(N,)`. `sets`: members, by number, to
    be blended alone too, without a finish; `starts`: temperatures near those to be found; `done`
    is called after each split.
    """
    agreed, blended, plain, offset = (np.empty(oof.shape[1:], np.float32) for _ in range(4))
    guesses: dict[Members, Numbers] = {chosen: np.empty(len(truth), np.intp) for chosen in sets}
    for split in apart(splits, groups):
        taught = truth[split.others]
        temperatures = method.fit_temperatures(oof[:, split.others], taught, starts)
        known = calibrated(oof[:, split.others], temperatures)
        asked = calibrated(oof[:, split.asked], temperatures)
        own = None if groups is None else groups[split.asked]
        vote = method.fit_vote(known, taught)
        answer = vote(asked)
        agreed[split.rows] = answer[split.inside]
        answer = pooled(answer, own)[split.inside]
        blended[split.rows] = answer
        fitted_on = pooled(vote(known), None if groups is None else groups[split.others])
        for made, offsets in ((plain, False), (offset, True)):
            finish = fit_finish(fitted_on, taught, offsets=offsets, calibrate=method.calibrate)
            made[split.rows] = finish(answer)
        for chosen in sets:
            alone = list(chosen)
            vote = method.fit_vote(known[alone], taught)
            guesses[chosen][split.rows] = pooled(vote(asked[alone]), own)[split.inside].argmax(1)
        done()
    return Nested(agreed, blended, plain, offset, guesses)


@dataclass(frozen=True, eq=False)
class Split:
    """One turn of nested cross-validation, as row numbers.

    `rows` are judged by what `others` taught. `asked` are the rows that must be predicted for it:
    `rows`, and those that are pooled with them; of these, `inside` are `rows` again.
    """

    rows: NDArray[np.intp]
    others: NDArray[np.intp]
    asked: NDArray[np.intp]
    inside: NDArray[np.bool_]


def apart(splits: Numbers, groups: Numbers | None) -> Iterator[Split]:
    """Each split `(N,)` in turn. A group that reaches into another split is pooled whole, as it is
    in the test; that asks no truth of it."""
    for number in np.unique(splits):
        own = splits == number
        asked = own if groups is None else np.isin(groups, groups[own])
        yield Split(np.flatnonzero(own), np.flatnonzero(~own), np.flatnonzero(asked), own[asked])
