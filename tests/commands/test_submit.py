"""`artcli submit`: the best run's guesses, in the very form that the contest's sample has."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from command_line import artcli
from fake_runs import fake_run
from small_contests import ARTISTS, bare_contest, write_csv, write_tables

from artcli.contest.csvfile import TextForm
from artcli.predicting.folder import keep_fold, keep_result, read_kept
from artcli.predicting.predictions import Predictions
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

ADA, BEN, CLEO = ARTISTS
IDS = ("TEST_00000", "TEST_00001", "TEST_00002", "TEST_00003")
SAMPLE_ORDER = ("TEST_00002", "TEST_00000", "TEST_00003", "TEST_00001")


def contest_of(root: Path, artists: Sequence[str] = tuple(ARTISTS)) -> Workspace:
    """A contest whose sample lists the test in an order of its own."""
    workspace = Workspace(root)
    write_tables(workspace.data, artists=artists, genres=dict.fromkeys(artists, "Realism"))
    rows = [f"{key},{_quoted(artists[0])}" for key in SAMPLE_ORDER]
    write_csv(workspace.sample_csv, "id,artist", rows)
    painters = [artist for _ in range(3) for artist in artists]
    train = [f"{n},./train/{n:04}.jpg,{_quoted(artist)}" for n, artist in enumerate(painters)]
    write_csv(workspace.train_csv, "id,img_path,artist", train)
    infos = [f"{_quoted(artist)},1850,Realism,French" for artist in artists]
    write_csv(workspace.artists_csv, "name,years,genre,nationality", infos)
    write_settings(workspace, Settings())
    return workspace


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"') else name


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return contest_of(tmp_path / "ws")


def predicted(
    workspace: Workspace,
    name: str,
    f1: float,
    guesses: Mapping[str, str],
    *,
    artists: Sequence[str] = tuple(ARTISTS),
    bad: Mapping[str, str] | None = None,
) -> None:
    """A finished run of one fold that gives each id's artist a probability of 0.8."""
    fake_run(workspace, name, fold_0=f1)
    values = np.full((len(guesses), len(artists)), 0.2 / (len(artists) - 1))
    for row, artist in enumerate(guesses.values()):
        values[row, list(artists).index(artist)] = 0.8
    test = Predictions.make(list(guesses), values, artists, folds=0)
    facts = {"checkpoint": "step-20"}
    keep_fold(
        workspace, bare_contest(artists), name, oof=None, test=test, bad=bad or {}, facts=facts
    )


GUESSES = dict(zip(IDS, (ADA, BEN, CLEO, ADA), strict=True))


def test_the_best_run_is_taken_and_the_rows_stand_in_the_samples_order(
    workspace: Workspace,
) -> None:
    predicted(workspace, "weak", 0.41, dict.fromkeys(IDS, ADA))
    predicted(workspace, "best", 0.62, GUESSES)
    fake_run(workspace, "untested", fold_0=0.9)
    answer = artcli("submit", "-w", workspace.root)
    assert answer.code == 0, answer.err
    path = workspace.submissions / "best.csv"
    assert path.read_text("utf-8") == (
        f"id,artist\nTEST_00002,{CLEO}\nTEST_00000,{ADA}\nTEST_00003,{ADA}\nTEST_00001,{BEN}\n"
    )
    assert (
        "Taken because its validation crop F1, 0.6200, is the best of 2 runs with predictions of "
        "the test (next: weak at 0.4100); left out: untested (finished)."
    ) in answer.text
    assert "upload it" in answer.text
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["made_from"]["validation_crop_f1"] == pytest.approx(0.62)
    assert record["made_from"]["recipe"]["epochs"] == 3


def test_a_named_run_is_taken_and_nothing_is_ever_overwritten(workspace: Workspace) -> None:
    predicted(workspace, "weak", 0.41, dict.fromkeys(IDS, ADA))
    predicted(workspace, "best", 0.62, GUESSES)
    for name in ("weak.csv", "weak-2.csv"):
        answer = artcli("submit", "weak", "--json", "-w", workspace.root)
        assert Path(answer.json["submission"]).name == name
        assert answer.json["why"] == "you named it"
        assert answer.json["counts"] == {ADA: 4, BEN: 0, CLEO: 0}
    answer = artcli("submit", "wek", "-w", workspace.root)
    assert answer.code == 1
    assert "there is no run 'wek'" in answer.err
    assert "weak" in answer.err


@pytest.mark.parametrize(
    "form",
    [TextForm(bom=True, newline="\r\n"), TextForm("cp949"), TextForm("cp949", newline="\r\n")],
    ids=["BOM and CRLF", "cp949", "cp949 and CRLF"],
)
def test_the_form_of_the_sample_is_matched_byte_for_byte(tmp_path: Path, form: TextForm) -> None:
    artists = ("김홍도", "신윤복", "정선")
    workspace = contest_of(tmp_path / "ws", artists)
    sample = workspace.sample_csv.read_text("utf-8")
    for path in (workspace.sample_csv, workspace.train_csv):
        path.write_bytes(form.encode(path.read_text("utf-8")))
    predicted(workspace, "best", 0.6, dict.fromkeys(IDS, "김홍도"), artists=artists)
    answer = artcli("submit", "-w", workspace.root)
    assert answer.code == 0, answer.err
    assert (workspace.submissions / "best.csv").read_bytes() == form.encode(sample)


def test_bad_test_images_are_refused_with_their_reasons_or_filled_and_listed(
    workspace: Workspace,
) -> None:
    bad = {"TEST_00001": "test/TEST_00001.jpg is truncated"}
    seen = {key: artist for key, artist in GUESSES.items() if key not in bad}
    predicted(workspace, "best", 0.6, seen, bad=bad)
    answer = artcli("submit", "-w", workspace.root)
    assert answer.code == 1
    assert "test/TEST_00001.jpg is truncated" in answer.text
    assert "--fill-bad ARTIST" in answer.text
    assert not workspace.submissions.exists()
    answer = artcli("submit", "--fill-bad", "Ben Wod", "-w", workspace.root)
    assert answer.code == 2
    assert "did you mean 'Ben Wood'?" in answer.text
    answer = artcli("submit", "--fill-bad", BEN, "-w", workspace.root)
    assert answer.code == 0, answer.err
    assert "1 bad images filled: TEST_00001" in answer.text
    assert f"TEST_00001,{BEN}\n" in (workspace.submissions / "best.csv").read_text()


def test_names_that_look_like_formulas_stay_as_they_are_with_a_warning(tmp_path: Path) -> None:
    artists = ('=HYPERLINK("x","y")', "@home", "Plain")
    workspace = contest_of(tmp_path / "ws", artists)
    guesses = dict(zip(IDS, (artists[0], "Plain", "Plain", "Plain"), strict=True))
    predicted(workspace, "best", 0.6, guesses, artists=artists)
    answer = artcli("submit", "-w", workspace.root)
    assert answer.code == 0, answer.err
    written = (workspace.submissions / "best.csv").read_text()
    assert 'TEST_00000,"=HYPERLINK(""x"",""y"")"\n' in written
    assert 'would take these for formulas: =HYPERLINK("x","y");' in answer.text


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"TEST_00003": None}, "1 are missing: 'TEST_00003'"),
        ({"TEST_99999": ADA}, "1 are not in the test: 'TEST_99999'"),
    ],
)
def test_predictions_of_another_test_are_refused(
    workspace: Workspace, changed: dict[str, str | None], complaint: str
) -> None:
    guesses = {key: artist for key, artist in {**GUESSES, **changed}.items() if artist}
    predicted(workspace, "best", 0.6, guesses)
    answer = artcli("submit", "-w", workspace.root)
    assert answer.code == 1
    assert complaint in answer.text
    assert "artcli predict best" in answer.text
    assert not list(workspace.root.glob("submissions/*.csv"))


def result(
    workspace: Workspace,
    name: str,
    guesses: Mapping[str, str] | None = None,
    *,
    test: Predictions | None = None,
    bad: Mapping[str, str] | None = None,
    right: int = 9,
) -> None:
    """A result of `artcli tta first`, with `right` of the nine paintings of fold 0 named right."""
    truth = dict(zip("012345678", list(ARTISTS) * 3, strict=True))
    contest = bare_contest(train=truth)
    said = [artist if n < right else ADA for n, artist in enumerate(truth.values())]
    named = np.eye(3)[[list(ARTISTS).index(artist) for artist in said]]
    oof = Predictions.make(list(truth), named, tuple(ARTISTS), crops=0, folds=0)
    if guesses:
        values = np.eye(3)[[list(ARTISTS).index(artist) for artist in guesses.values()]]
        test = Predictions.make(list(guesses), values, tuple(ARTISTS))
    keep_result(
        workspace, contest, name,
        made_by={"command": "tta", "of": ["first"], "how": "flips", "views": "flips"},
        oof=oof, test=test, bad=bad or {},
    )  # fmt: skip


def test_a_submission_is_the_same_whichever_way_the_same_predictions_were_made(
    workspace: Workspace,
) -> None:
    """Of a run of two folds, of a copy of its file taken in, and of a result made of it."""
    predicted(workspace, "first", 0.6, GUESSES)
    rng = np.random.default_rng(0)
    fold_1 = Predictions.make(IDS[::-1], rng.dirichlet(np.ones(3), 4), tuple(ARTISTS), folds=1)
    keep_fold(workspace, bare_contest(), "first", oof=None, test=fold_1, bad={}, facts={})
    file = workspace.predictions_dir("first") / "test.npz"
    taken = artcli("predict", "copy", "--import", file, "-w", workspace.root)
    assert taken.code == 0, taken.err
    kept = read_kept(workspace, "first")
    assert kept is not None
    assert kept.test is not None
    result(workspace, "made", test=kept.test)
    result(workspace, "averaged", test=kept.test.mean_over_folds())
    written = set()
    for name in ("first", "copy", "made", "averaged"):
        answer = artcli("submit", name, "-w", workspace.root)
        assert answer.code == 0, answer.err
        written.add((workspace.submissions / f"{name}.csv").read_bytes())
    assert len(written) == 1


def test_results_are_weighed_against_runs_and_the_record_says_what_made_them(
    workspace: Workspace,
) -> None:
    predicted(workspace, "first", 0.62, dict.fromkeys(IDS, ADA))
    result(workspace, "first-tta", GUESSES)
    answer = artcli("submit", "--json", "-w", workspace.root)
    assert answer.code == 0, answer.err
    assert answer.json["run"] == "first-tta"
    assert answer.json["why"] == (
        "its validation crop F1, 1.0000, is the best of 2 runs with predictions of the test "
        "(next: first at 0.6200)"
    )
    made_from = json.loads(Path(answer.json["record"]).read_text())["made_from"]
    assert made_from["made_by"] == {
        "command": "tta", "of": ["first"], "how": "flips", "views": "flips",
    }  # fmt: skip
    assert made_from["validation_crop_f1"] == made_from["scores"]["f1"] == 1.0
    assert "recipe" not in made_from
    told = artcli("submit", "first-tta", "-w", workspace.root).text
    assert "4 rows from the result first-tta, tta of first (flips)" in told
    told = artcli("submit", "first", "-w", workspace.root).text
    assert "4 rows from the run first (one model)" in told


def test_the_reason_says_when_the_scores_are_of_different_folds(workspace: Workspace) -> None:
    predicted(workspace, "first", 0.62, GUESSES)
    predicted(workspace, "other", 0.61, GUESSES)
    result(workspace, "first-tta", GUESSES)
    truth = dict(zip("012345678", list(ARTISTS) * 3, strict=True))
    for fold, key in ((0, "0"), (1, "1"), (2, "2")):
        oof = Predictions.make([key], np.eye(3)[[fold]], tuple(ARTISTS), crops=0, folds=fold)
        test = Predictions.make(IDS, np.eye(3)[[0] * 4], tuple(ARTISTS), folds=fold)
        keep_fold(workspace, bare_contest(train=truth), "k", oof=oof, test=test, bad={}, facts={})
    answer = artcli("submit", "--json", "-w", workspace.root)
    assert answer.json["why"].partition("; ")[2] == (
        "not all were judged on the same folds (first, other and first-tta on fold 0; k on folds "
        "0, 1 and 2): only roughly comparable"
    )


def test_a_result_is_made_anew_by_its_own_command(workspace: Workspace) -> None:
    where = f" -w {workspace.root}"
    result(workspace, "first-tta")
    answer = artcli("submit", "first-tta", "-w", workspace.root)
    assert answer.code == 1
    assert "first-tta has no predictions of the test (tta of first (flips))" in answer.text
    again = f"make it anew: artcli runs remove first-tta{where}, then artcli tta first{where}"
    assert again in answer.text
    seen = {key: artist for key, artist in GUESSES.items() if key != "TEST_00001"}
    result(workspace, "torn", seen, bad={"TEST_00001": "test/TEST_00001.jpg is truncated"})
    answer = artcli("submit", "torn", "-w", workspace.root)
    assert (answer.code, "test/TEST_00001.jpg is truncated" in answer.text) == (1, True)
    assert "--fill-bad ARTIST; or replace them and make it anew: artcli runs rem" in answer.text
    (workspace.predictions_dir("torn") / "test.npz").write_bytes(b"else")
    answer = artcli("submit", "torn", "-w", workspace.root)
    assert (answer.code, "then artcli tta first" in answer.text) == (1, True)
    answer = artcli("predict", "torn", "-w", workspace.root)
    assert answer.code == 1
    assert "torn, tta of first (flips), has no model that could predict" in answer.text
    assert "then artcli tta first" in answer.text


def test_without_a_run_it_says_how_to_get_one(workspace: Workspace) -> None:
    answer = artcli("submit", "-w", workspace.root)
    assert answer.code == 1
    assert "artcli train" in answer.text
    fake_run(workspace, "untested", fold_0=0.6)
    answer = artcli("submit", "-w", workspace.root)
    assert answer.code == 1
    assert "untested: finished" in answer.text


def test_a_rehearsed_contest_is_scored_next(workspace: Workspace) -> None:
    predicted(workspace, "best", 0.6, GUESSES)
    truth = {**GUESSES, "TEST_00003": BEN}
    rows = [f"{key},{artist},Private,p{key}" for key, artist in truth.items()]
    write_csv(workspace.solution_csv, "id,artist,Usage,painting", rows)
    answer = artcli("submit", "-w", workspace.root)
    assert f"Next: artcli score best.csv -w {workspace.root}" in answer.text
    scored = artcli("score", "best", "--json", "-w", workspace.root)
    assert scored.json["private"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)


def test_a_contest_without_a_test_has_nothing_to_submit(workspace: Workspace) -> None:
    fake_run(workspace, "first", fold_0=0.6)
    workspace.test_csv.unlink()
    workspace.sample_csv.unlink()
    answer = artcli("submit", "-w", workspace.root)
    assert answer.code == 1
    assert "so there is nothing to submit" in answer.err
