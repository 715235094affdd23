"""A submission matches the sample in every respect, and is never written over."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from artcli.contest.csvfile import TextForm
from artcli.contest.tables import Contest, Painting
from artcli.errors import ArtcliError, Problems, UsageError
from artcli.predicting.candidates import Candidate
from artcli.predicting.folder import Kept
from artcli.predicting.predictions import Predictions, concat
from artcli.predicting.submission import choose_run, submission_rows, write_submission
from artcli.workspace.files import sha256_file
from artcli.workspace.paths import Workspace

ARTISTS = ("Albrecht Dürer", "Goya, Francisco", '=cmd|"calc"')
IDS = ("TEST_2", "TEST_0", "TEST_1")


@pytest.fixture
def contest(tmp_path: Path) -> Contest:
    test = tuple(Painting(key, tmp_path / key, None, n, "test") for n, key in enumerate(IDS, 1))
    return Contest(tmp_path, (), test, ARTISTS, (3, 2, 1), (), (), IDS)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def kept(*winners: dict[str, int], bad: dict[str, str] | None = None) -> Kept:
    """A run whose fold n gives `winners[n][id]` a probability of 0.6."""
    parts = []
    for fold, winner in enumerate(winners):
        values = np.full((len(winner), 3), 0.2)
        values[np.arange(len(winner)), list(winner.values())] = 0.6
        parts.append(Predictions.make(list(winner), values, ARTISTS, folds=fold))
    return Kept("first", test=concat(parts), bad=bad or {})


FIRST = {"TEST_0": 0, "TEST_1": 1, "TEST_2": 2}


@pytest.mark.parametrize(
    "form",
    [TextForm(), TextForm(bom=True, newline="\r\n"), TextForm("utf-16-le", bom=True)],
    ids=["plain", "BOM and CRLF", "UTF-16"],
)
def test_the_file_has_the_samples_form_header_order_and_names(
    workspace: Workspace, contest: Contest, form: TextForm
) -> None:
    made = write_submission(workspace, replace(contest, sample_form=form), kept(FIRST))
    lines = [
        "id,artist",
        'TEST_2,"=cmd|""calc"""',
        "TEST_0,Albrecht Dürer",
        'TEST_1,"Goya, Francisco"',
        "",
    ]
    assert made.path.read_bytes() == form.encode("\n".join(lines))
    assert made.counts["Albrecht Dürer"] == 1


def test_folds_are_averaged_before_the_artist_is_named(contest: Contest) -> None:
    run = kept(FIRST, FIRST | {"TEST_1": 0}, FIRST | {"TEST_1": 0})
    rows, _ = submission_rows(contest, run, again="")
    assert rows == [
        ("TEST_2", ARTISTS[2]),
        ("TEST_0", ARTISTS[0]),
        ("TEST_1", ARTISTS[0]),
    ]


def test_an_earlier_submission_is_never_overwritten(workspace: Workspace, contest: Contest) -> None:
    made = [write_submission(workspace, contest, kept(FIRST)) for _ in range(3)]
    assert [one.path.name for one in made] == ["first.csv", "first-2.csv", "first-3.csv"]
    assert [one.facts.name for one in made] == ["first.json", "first-2.json", "first-3.json"]


def test_a_name_that_is_taken_is_refused(workspace: Workspace, contest: Contest) -> None:
    write_submission(workspace, contest, kept(FIRST), name="mine")
    with pytest.raises(ArtcliError, match=r"there is a submission mine\.csv already"):
        write_submission(workspace, contest, kept(FIRST), name="mine.csv")


def test_the_record_beside_says_what_made_it(workspace: Workspace, contest: Contest) -> None:
    made = write_submission(
        workspace, contest, kept(FIRST, FIRST), name="mine.csv", run={"recipe": {"epochs": 3}}
    )
    facts = json.loads(made.facts.read_text())
    assert made.path.name == facts["submission"] == "mine.csv"
    assert facts["sha256"] == sha256_file(made.path)
    assert facts["folds"] == ["0", "1"]
    assert facts["made_from"] == {"recipe": {"epochs": 3}}
    assert facts["filled"] is None


def test_bad_test_images_are_refused_with_the_list_or_filled_by_name(
    workspace: Workspace, contest: Contest
) -> None:
    lacking = kept({"TEST_0": 0, "TEST_2": 2}, bad={"TEST_1": "test/1.jpg is truncated"})
    with pytest.raises(Problems, match=r"test/1.jpg is truncated") as caught:
        write_submission(workspace, contest, lacking)
    assert "--fill-bad" in str(caught.value.hint)
    with pytest.raises(UsageError, match="did you mean 'Albrecht Dürer'"):
        write_submission(workspace, contest, lacking, fill_bad="Albrecht Durer")
    made = write_submission(workspace, contest, lacking, fill_bad="Goya, Francisco")
    assert dict(made.rows)["TEST_1"] == "Goya, Francisco"
    assert made.filled == ("TEST_1",)
    assert json.loads(made.facts.read_text())["filled"] == {
        "artist": "Goya, Francisco",
        "ids": ["TEST_1"],
    }


def test_an_id_without_a_prediction_is_never_passed_over(
    workspace: Workspace, contest: Contest
) -> None:
    with pytest.raises(Problems, match="1 are missing: 'TEST_1'"):
        write_submission(workspace, contest, kept({"TEST_0": 0, "TEST_2": 2}))
    assert not list(workspace.submissions.glob("*.csv"))


def test_a_name_that_the_samples_encoding_cannot_hold_is_said(
    workspace: Workspace, contest: Contest
) -> None:
    with pytest.raises(ArtcliError, match=r"cp949, which cannot hold 'ü'"):
        write_submission(workspace, replace(contest, sample_form=TextForm("cp949")), kept(FIRST))


def test_a_name_cannot_lead_out_of_the_folder(workspace: Workspace, contest: Contest) -> None:
    with pytest.raises(UsageError, match="cannot be a name"):
        write_submission(workspace, contest, kept(FIRST), name="../elsewhere")


def test_a_file_that_does_not_read_back_is_removed(
    workspace: Workspace, contest: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from artcli.predicting import submission

    def damaged(path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.replace(b"Albrecht", b"Elbrecht"))

    monkeypatch.setattr(submission, "write_bytes", damaged)
    with pytest.raises(Problems, match="not written as it should be"):
        write_submission(workspace, contest, kept(FIRST))
    assert not list(workspace.submissions.glob("first*"))


def run(name: str, f1: float, *, test: bool = True, created: str = "1") -> Candidate:
    return Candidate(name, created, "finished" if test else "stopped", f1, has_test=test)


def test_the_best_validation_score_is_chosen_and_says_so() -> None:
    chosen, why = choose_run(
        [run("a", 0.41), run("b", 0.62), run("whole", math.nan), run("c", 0.7, test=False)], None
    )
    assert chosen.name == "b"
    assert why == (
        "its validation crop F1, 0.6200, is the best of 3 runs with predictions of the test "
        "(next: a at 0.4100); left out: c (stopped)"
    )


def test_a_run_without_a_score_is_taken_only_when_no_other_can_be() -> None:
    chosen, why = choose_run([run("x", math.nan), run("y", math.nan, created="2")], None)
    assert chosen.name == "y"
    assert "newest" in why


def test_a_run_that_cannot_be_submitted_says_why() -> None:
    with pytest.raises(ArtcliError, match="no run to submit"):
        choose_run([], None)
    with pytest.raises(Problems, match="c: stopped"):
        choose_run([run("c", 0.7, test=False)], None)
    with pytest.raises(ArtcliError, match="no predictions of the test"):
        choose_run([run("c", 0.7, test=False)], "c")
    with pytest.raises(ArtcliError, match="no run 'd'") as caught:
        choose_run([run("c", 0.7)], "d")
    assert caught.value.hint == "there are: c"
