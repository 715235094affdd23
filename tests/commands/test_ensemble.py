"""`artcli ensemble`: runs become one result with an honest score; the best few are proposed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from command_line import artcli
from small_contests import ARTISTS, write_tables

from artcli.contest.f1 import Estimate, macro_f1
from artcli.contest.tables import Contest, read_contest
from artcli.predicting.exam import Lineup
from artcli.predicting.folder import keep_fold, read_kept
from artcli.predicting.predictions import Predictions
from artcli.predicting.siblings.finding import Grouped, Siblings
from artcli.predicting.siblings.measures import Quality
from artcli.predicting.siblings.pieces import Pieces
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

EACH, FOLDS, CROPS, TESTS = 20, 3, 2, 6


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A contest of 60 paintings by three artists; its pictures are never looked at."""
    made = Workspace(tmp_path / "ws")
    write_tables(made.data, each=EACH, pieces=TESTS)
    write_settings(made, Settings())
    return made


def predicted(
    workspace: Workspace,
    name: str,
    *,
    skill: float = 1.0,
    seed: int = 0,
    folds: Sequence[int] = range(FOLDS),
    crops: int = CROPS,
    test: bool = True,
    loud: float = 1.0,
) -> None:
    """A run whose every fold gives the true artist a head start of `skill`, among noise."""
    contest = read_contest(workspace)
    rng = np.random.default_rng(seed)
    number = {artist: n for n, artist in enumerate(contest.artists)}
    test_ids = [painting.id for painting in contest.test]
    for fold in folds:
        mine = [one for row, one in enumerate(contest.train) if row % FOLDS == fold]
        ids = [one.id for one in mine for _ in range(crops)]
        truth = np.array([number[str(one.artist)] for one in mine for _ in range(crops)])
        keep_fold(
            workspace, contest, name,
            oof=Predictions.make(
                ids, made_up(rng, len(ids), skill, loud, truth), contest.artists,
                crops=[n % crops for n in range(len(ids))], folds=fold,
            ),
            test=Predictions.make(
                test_ids, made_up(rng, TESTS, skill, loud), contest.artists, folds=fold
            ) if test else None,
            bad={}, facts={},
        )  # fmt: skip


def made_up(
    rng: Any, rows: int, skill: float, loud: float, truth: np.ndarray | None = None
) -> np.ndarray:
    logits = rng.normal(size=(rows, len(ARTISTS)))
    if truth is not None:
        logits[np.arange(rows), truth] += skill
    shares = np.exp(loud * logits)
    return shares / shares.sum(1, keepdims=True)


def truth_of(workspace: Workspace, oof: Predictions) -> list[str]:
    artist_of = {one.id: str(one.artist) for one in read_contest(workspace).train}
    return [artist_of[key] for key in oof.ids.tolist()]


def test_three_runs_become_one_that_is_better_and_kept_like_a_run(workspace: Workspace) -> None:
    for seed, name in enumerate(("one", "two", "three")):
        predicted(workspace, name, seed=seed)
    answer = artcli("ensemble", "one", "two", "three", "-w", workspace.root)
    assert answer.code == 0, answer.err
    for said in ("all 3", "best run", "nested", "naive", "offsets", "Expected calibration error"):
        assert said in answer.text
    kept = read_kept(workspace, "ensemble")
    assert kept is not None
    assert kept.oof is not None
    assert kept.test is not None
    assert kept.made_by["of"] == ["one", "two", "three"]
    assert kept.made_by["how"] == "soft"
    assert kept.made_by["line"] == "artcli ensemble one two three --voter soft --name ensemble"
    members = [member["f1"]["value"] for member in kept.made_by["members"]]
    f1 = macro_f1(truth_of(workspace, kept.oof), kept.oof.guesses())
    assert kept.made_by["f1"]["value"] == pytest.approx(f1)
    assert f1 > max(members) + 0.02
    assert f"{f1:.4f}" in answer.text
    assert kept.oof.fold_numbers == (0, 1, 2)
    assert len(kept.oof) == 3 * EACH * CROPS
    assert kept.test.ids.tolist() == [f"TEST_{n:05}" for n in range(TESTS)]
    runs = {run["name"]: run["f1"] for run in artcli("runs", "--json", "-w", workspace.root).json}
    assert runs["ensemble"] == pytest.approx(f1)
    assert artcli("submit", "ensemble", "-w", workspace.root).code == 0


def test_the_test_is_predicted_by_the_blend_fitted_on_all_pieces(workspace: Workspace) -> None:
    for seed, name in enumerate(("one", "two")):
        predicted(workspace, name, seed=seed, loud=3 - 2 * seed)
    document = artcli("ensemble", "one", "two", "--json", "-w", workspace.root).json
    mean, logs = np.zeros((TESTS, 3)), []
    for name, member in zip(("one", "two"), document["members"], strict=True):
        run = read_kept(workspace, name)
        assert run is not None
        assert run.test is not None
        cooled = run.test.mean_over_folds().probabilities ** (1 / member["temperature"])
        logs.append(cooled / cooled.sum(1, keepdims=True))
    mean = np.mean(logs, axis=0) ** (1 / document["temperature"])
    kept = read_kept(workspace, "ensemble")
    assert kept is not None
    assert kept.test is not None
    wanted = mean / mean.sum(1, keepdims=True)
    assert kept.test.probabilities == pytest.approx(wanted, abs=1e-4)
    loud, calm = (member["temperature"] for member in document["members"])
    assert loud > 2 * calm


def test_a_soft_ensemble_of_one_run_gives_the_submission_of_the_run(workspace: Workspace) -> None:
    predicted(workspace, "one")
    answer = artcli("ensemble", "one", "--no-calibrate", "--name", "same", "-w", workspace.root)
    assert answer.code == 0, answer.err
    assert "nothing is calibrated" in answer.text
    files = [
        Path(artcli("submit", name, "--json", "-w", workspace.root).json["submission"]).read_bytes()
        for name in ("one", "same")
    ]
    assert files[0] == files[1]
    run, same = (read_kept(workspace, name) for name in ("one", "same"))
    assert run is not None
    assert same is not None
    assert run.test is not None
    assert same.test is not None
    assert (run.test.mean_over_folds().probabilities == same.test.probabilities).all()


def test_every_number_of_the_report_is_in_its_json(workspace: Workspace) -> None:
    for seed, name in enumerate(("one", "two", "bad")):
        predicted(workspace, name, seed=seed, skill=1.5 if seed < 2 else 0)
    words = ("ensemble", "one", "two", "bad", "--voter", "greedy", "--offsets", "--json")
    document = artcli(*words, "-w", workspace.root).json
    folder = workspace.reports / "ensemble" / "ensemble"
    assert document["report"] == str(folder)
    on_disk = json.loads((folder / "ensemble.json").read_text())
    assert on_disk == {key: value for key, value in document.items() if key != "report"}
    weights = [member["weight"] for member in document["members"]]
    assert sum(weights) == pytest.approx(1)
    assert set(document["offsets"]) == set(ARTISTS)
    assert document["how"] == "greedy, offsets"
    found = document["comparison"]
    assert {tuple(one["runs"]) for one in found["sets"]} == {
        ("one",), ("two",), ("bad",), ("one", "two"), ("one", "bad"), ("two", "bad"),
        ("one", "two", "bad"),
    }  # fmt: skip
    assert [one["f1"] for one in found["sets"]] == sorted(
        (one["f1"] for one in found["sets"]), reverse=True
    )
    assert found["best_single"] in ("one", "two")
    assert "bad" not in found["proposed"]
    page = (folder / "ensemble.html").read_text()
    assert "<svg" in page
    assert f"{document['f1']['value']:.4f}" in page
    assert "<script" not in page


def test_what_is_proposed_can_be_blended_at_once(workspace: Workspace) -> None:
    for seed, name in enumerate(("one", "two", "bad")):
        predicted(workspace, name, seed=seed, skill=1.2 if seed < 2 else -1)
    runs = ("one", "two", "bad")
    first = artcli("ensemble", *runs, "-w", workspace.root, "--json").json
    assert first["comparison"]["proposed"] == ["one", "two"]
    assert first["next"] == "artcli ensemble one two --voter soft"
    best = artcli("ensemble", *runs, "--best", "-w", workspace.root, "--json").json
    assert best["name"] == "ensemble-2"
    assert best["of"] == ["one", "two"]
    assert best["next"] == "artcli submit ensemble-2"
    assert best["comparison"] == first["comparison"]
    (why,) = best["a_little_kind"]
    assert "chosen on the very pieces" in why
    assert first["a_little_kind"] == []
    assert why in (workspace.reports / "ensemble" / "ensemble-2" / "ensemble.html").read_text()
    answer = artcli("ensemble", *runs, "--best", "--name", "told", "-w", workspace.root)
    assert f"warning: {why}" in answer.text
    assert "(chosen on these very pieces: its score is a little kind)" in answer.text
    pair = next(one for one in first["comparison"]["sets"] if one["runs"] == ["one", "two"])
    assert best["f1"]["value"] == pytest.approx(pair["f1"])
    again = artcli("ensemble", "one", "two", "-w", workspace.root, "--json").json
    assert again["f1"] == best["f1"]


@pytest.mark.parametrize(
    ("inner", "leaks"), [(["greedy"], True), (["soft", "--offsets"], True), (["soft"], False)]
)
def test_an_ensemble_of_an_ensemble_that_was_fitted_says_that_its_score_is_kind(
    workspace: Workspace, inner: Sequence[str], leaks: bool
) -> None:
    for seed, name in enumerate(("one", "two", "three")):
        predicted(workspace, name, seed=seed)
    place = ("-w", workspace.root)
    words = ("ensemble", "one", "two", "--name", "inner", "--voter", *inner)
    assert artcli(*words, *place).code == 0
    answer = artcli("ensemble", "inner", "three", "--name", "outer", *place)
    said = "What was fitted or chosen for inner has seen the truth of these pieces"
    assert (f"warning: {said}" in answer.text) is leaks
    page = (workspace.reports / "ensemble" / "outer" / "ensemble.html").read_text()
    assert (said in page) is leaks
    again = artcli("ensemble", "outer", "three", "--json", *place).json["a_little_kind"]
    assert bool(again) is leaks


def refusal(workspace: Workspace, *words: str) -> str:
    answer = artcli("ensemble", *words, "-w", workspace.root)
    assert answer.code in (1, 2)
    assert not (workspace.predictions / "ensemble").exists()
    return answer.text


def test_runs_that_do_not_fit_together_are_refused_with_the_reason(workspace: Workspace) -> None:
    predicted(workspace, "one")
    predicted(workspace, "fewer", folds=(0, 1))
    predicted(workspace, "finer", crops=3)
    said = refusal(workspace, "one", "fewer", "finer")
    assert "fewer: it has fold 0, 1, not 0, 1, 2 as one" in said
    assert "finer: 60 validation pieces are not the same as those of one" in said


def test_pieces_that_cannot_be_judged_apart_are_refused_before_siblings_are_looked_for(
    workspace: Workspace,
) -> None:
    predicted(workspace, "one", folds=(0,))
    for painting in read_contest(workspace).train:
        painting.path.parent.mkdir(exist_ok=True)
        painting.path.write_text("the same file")
    said = refusal(workspace, "one", "--pool", "siblings")
    assert "all validation pieces are of one painting or of one group" in said


def test_unknown_runs_and_voters_are_refused(workspace: Workspace) -> None:
    predicted(workspace, "one")
    said = refusal(workspace, "one", "oen", "none")
    assert "there is no run 'oen'" in said
    assert "there is no run 'none'" in said
    assert "greedy" in refusal(workspace, "one", "--voter", "gredy")
    assert "rounds" in refusal(workspace, "one", "--voter", "greedy:round=3")
    assert "there is a run one already" in refusal(workspace, "one", "--name", "one")


def test_runs_without_a_test_are_blended_and_named(workspace: Workspace) -> None:
    predicted(workspace, "one")
    predicted(workspace, "two", seed=1, test=False)
    answer = artcli("ensemble", "one", "two", "-w", workspace.root)
    assert answer.code == 0
    assert "two did not predict the test" in answer.text
    kept = read_kept(workspace, "ensemble")
    assert kept is not None
    assert kept.test is None


def test_a_run_named_twice_counts_once(workspace: Workspace) -> None:
    predicted(workspace, "one")
    assert artcli("ensemble", "one", "one", "-w", workspace.root, "--json").json["of"] == ["one"]


def test_names_are_escaped_in_the_page(workspace: Workspace) -> None:
    evil = {"<b>Ada & Eve</b>": "Realism", "Ben": "Cubism", "Cleo": "Ukiyo-e"}
    write_tables(workspace.data, artists=list(evil), genres=evil, each=EACH, pieces=TESTS)
    predicted(workspace, "one")
    artcli("ensemble", "one", "--offsets", "-w", workspace.root)
    page = (workspace.reports / "ensemble" / "ensemble" / "ensemble.html").read_text()
    assert "<b>Ada" not in page


def test_blending_imports_no_torch(workspace: Workspace) -> None:
    predicted(workspace, "one")
    predicted(workspace, "two", seed=1)
    program = f"""
import sys
sys.argv = ["artcli", "ensemble", "one", "two", "--voter", "greedy", "-w", {str(workspace.root)!r}]
from artcli.__main__ import main
try:
    main()
finally:
    print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False", done.stderr


def test_siblings_are_pooled_where_it_is_asked_for(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found is given here: that siblings are found is tested where they are looked for."""
    for seed, name in enumerate(("one", "two")):
        predicted(workspace, name, seed=seed, skill=0.5)

    def found(_workspace: Workspace, _contest: Contest, lineup: Lineup) -> SimpleNamespace:
        paintings = np.unique(lineup.exam.ids, return_inverse=True)[1]
        return SimpleNamespace(validation=paintings, test=np.arange(TESTS) // 2)

    def told(_workspace: Workspace, name: str, _siblings: Any, gain: Estimate) -> dict[str, Any]:
        return {"by": "siblings", "applied": True, "of": name, "gain": gain.value}

    monkeypatch.setattr("artcli.predicting.siblings.finding.find_siblings", found)
    monkeypatch.setattr("artcli.commands.pooling.tell", told)
    plain = artcli("ensemble", "one", "two", "--json", "-w", workspace.root).json
    answer = artcli("ensemble", "one", "two", "--pool", "siblings", "-w", workspace.root)
    assert "a contest's rules may forbid that" in answer.text
    assert "pooling siblings" in answer.text
    kept = read_kept(workspace, "ensemble-2")
    assert kept is not None
    assert kept.test is not None
    assert (kept.test.probabilities[::2] == kept.test.probabilities[1::2]).all()
    assert kept.made_by["how"] == "soft, siblings"
    assert "--pool siblings" in kept.made_by["line"]
    gain = kept.made_by["pooling_gain"]["value"]
    assert gain > 0.03
    told_of_them = {"by": "siblings", "applied": True, "of": "ensemble-2", "gain": gain}
    assert kept.made_by["pool"] == told_of_them
    assert kept.made_by["f1"]["value"] - plain["f1"]["value"] == pytest.approx(gain)
    assert plain["pooling_gain"] is None


def test_siblings_that_would_lower_the_score_are_not_pooled(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Groups of strangers, in which the right answers drown."""
    for seed, name in enumerate(("one", "two")):
        predicted(workspace, name, seed=seed, skill=0.9)

    def found(_workspace: Workspace, _contest: Contest, lineup: Lineup) -> Siblings:
        pieces = Pieces((), np.zeros((0, 1, 1, 3), np.uint8), np.zeros((0, 2), np.int64), ())
        strangers, no_pairs = lineup.exam.crops.astype(np.intp), np.zeros((0, 2), np.intp)
        return Siblings(
            Grouped(pieces, strangers, no_pairs, np.zeros(0)),
            Grouped(pieces, np.arange(TESTS), no_pairs, np.zeros(0)),
            Quality(true=10, found=8, right=0),
        )

    monkeypatch.setattr("artcli.predicting.siblings.finding.find_siblings", found)
    plain = artcli("ensemble", "one", "two", "--json", "-w", workspace.root).json
    answer = artcli("ensemble", "one", "two", "--pool", "siblings", "-w", workspace.root)
    assert answer.code == 0, answer.err
    assert "pooling lowers the out-of-fold macro F1 here" in answer.err
    kept, alone = read_kept(workspace, "ensemble-2"), read_kept(workspace, "ensemble")
    assert kept is not None
    assert alone is not None
    assert (kept.made_by["how"], kept.made_by["pool"]["applied"]) == ("soft", False)
    assert kept.made_by["pool"]["gain"]["value"] < 0
    assert kept.made_by["f1"] == plain["f1"]
    assert kept.test is not None
    assert alone.test is not None
    assert (kept.test.probabilities == alone.test.probabilities).all()
    page = (workspace.reports / "ensemble" / "ensemble-2" / "ensemble.html").read_text()
    assert "nothing is pooled" in page
