"""An audit tells of artists and of labels; what cannot be told is said, and never raised."""

import sys

import numpy as np
import pytest
from small_contests import bare_contest

from artcli.errors import Problems
from artcli.predicting.audit.auditing import audit
from artcli.predicting.audit.records import Suspect
from artcli.predicting.audit.told import label_findings
from artcli.predicting.folder import Kept
from artcli.predicting.predictions import WHOLE, Predictions

ARTISTS = ("<script>", "Ben Wood", "Cleo Iron")
TRAIN = {f"p{row:02}": ARTISTS[row % 3] for row in range(36)}
CONTEST = bare_contest(ARTISTS, train=TRAIN)
WRONG = "p05"  # by Ben Wood, whatever train.csv says


def run(crops: tuple[int, ...] = (0, 1), seed: int = 0) -> Kept:
    """A run that knows every painting's artist well, and that of `WRONG`."""
    rng = np.random.default_rng(seed)
    ids = [key for key in TRAIN for _ in crops]
    named = [1 if key == WRONG else ARTISTS.index(TRAIN[key]) for key in ids]
    values = rng.dirichlet(np.ones(3), len(ids)) * 0.3
    values[np.arange(len(ids)), named] += 0.7
    folds = [int(key[1:]) % 4 for key in ids]
    oof = Predictions.make(ids, values, ARTISTS, crops=list(crops) * len(TRAIN), folds=folds)
    return Kept("r", oof)


def test_a_wrong_label_among_right_ones_is_found_and_told() -> None:
    found = audit(CONTEST, run())
    (suspect,) = found.suspects
    assert (suspect.id, suspect.given, suspect.suggested) == (WRONG, "Cleo Iron", "Ben Wood")
    assert suspect.flagged
    assert suspect.given_probability < 0.2 < 0.7 < suspect.suggested_probability
    assert (found.run, found.why_not) == ("r", "")
    told = {finding.code: finding for finding in label_findings(found)}
    assert told["doubtful-labels"].ids == (("train", WRONG),)
    assert told["doubtful-labels"].severity == "warning"
    (detail,) = told["doubtful-labels"].details
    assert detail.startswith("p05: 'Cleo Iron' (")
    assert ", more like 'Ben Wood' (" in detail


def test_the_pieces_are_scored_artist_by_artist() -> None:
    found = audit(CONTEST, run())
    assert found.f1_low <= found.f1 <= found.f1_high
    assert sorted(found.order) == sorted(ARTISTS)
    cells = {
        (found.order[row], found.order[column]): int(found.matrix[row, column])
        for row, column in np.argwhere(found.matrix)
    }
    own = {(artist, artist): 24 for artist in ARTISTS[:2]}
    assert cells == own | {("Cleo Iron", "Cleo Iron"): 22, ("Cleo Iron", "Ben Wood"): 2}
    cleo = found.artists[2]
    assert (cleo.artist, cleo.works, cleo.pieces) == ("Cleo Iron", 12, 24)
    assert (cleo.recall, cleo.taken_for) == (pytest.approx(22 / 24), "Ben Wood")
    (confusion,) = found.confusions
    assert (confusion.truth, confusion.guess) == ("Cleo Iron", "Ben Wood")
    assert (confusion.example, TRAIN[confusion.model_of]) == (WRONG, "Ben Wood")
    assert sum(held.pieces for held in found.reliability.bins) == 72


def test_the_columns_of_a_run_may_stand_in_any_order() -> None:
    kept = run()
    assert kept.oof is not None
    turned = Kept("r", kept.oof.with_classes(ARTISTS[::-1]))
    assert audit(CONTEST, turned).suspects == audit(CONTEST, kept).suspects


def test_without_cleanlab_the_rest_is_told_and_why_the_labels_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cleanlab"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    found = audit(CONTEST, run())
    assert found.suspects == ()
    assert 'pip install "artcli[audit]"' in found.why_not
    assert len(found.confusions) == 1
    (only,) = [one for one in label_findings(found) if one.code == "labels-not-audited"]
    assert found.why_not in only.title


def test_where_one_artist_alone_was_judged_the_rest_is_told() -> None:
    kept = run()
    assert kept.oof is not None
    of_one = [TRAIN[key] == "Ben Wood" for key in kept.oof.ids.tolist()]
    found = audit(CONTEST, Kept("r", kept.oof.rows(np.array(of_one))))
    assert found.suspects == ()
    assert "by one artist" in found.why_not
    assert found.artists[1].pieces == 24


def test_a_run_without_pieces_is_refused() -> None:
    with pytest.raises(Problems, match="no out-of-fold predictions of pieces"):
        audit(CONTEST, run(crops=(WHOLE,)))


def test_the_most_doubtful_labels_come_first() -> None:
    paintings = [*TRAIN]
    kept = run()
    assert kept.oof is not None
    values = kept.oof.probabilities.copy()
    values[2 * paintings.index("p10")] = values[2 * paintings.index("p10") + 1] = [0.5, 0.3, 0.2]
    oof = Predictions.make(
        kept.oof.ids.tolist(), values, ARTISTS, crops=kept.oof.crops, folds=kept.oof.folds
    )
    suspects: tuple[Suspect, ...] = audit(CONTEST, Kept("r", oof)).suspects
    assert [one.id for one in suspects] == [WRONG, "p10"]
    assert suspects[0].quality < suspects[1].quality
