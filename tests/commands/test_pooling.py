"""`--pool siblings`: pieces of one painting are found and speak with one voice."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import artcli
from painted_pieces import texture
from PIL import Image
from small_contests import ARTISTS, write_csv, write_tables

from artcli.contest.crops import cut, piece_boxes
from artcli.contest.splits import load_or_make_folds
from artcli.contest.tables import Contest, read_contest
from artcli.predicting.exam import Lineup
from artcli.predicting.folder import import_predictions, keep_fold, read_kept
from artcli.predicting.predictions import Predictions
from artcli.predicting.siblings.finding import Grouped, Siblings
from artcli.predicting.siblings.measures import pair_quality
from artcli.predicting.siblings.pieces import Pieces
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

PAINTINGS, FOLDS = 12, 2
OF_TEST = {"x": 4, "y": 3, "z": 1}  # pieces of each painting of the test


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A run of two folds, `plain`, that guesses, and `untaught`, which has no validation."""
    workspace = Workspace(tmp_path_factory.mktemp("pooled") / "ws")
    write_tables(workspace.data, each=PAINTINGS // len(ARTISTS), pieces=sum(OF_TEST.values()))
    write_settings(workspace, Settings())
    for number, painting in enumerate(read_contest(workspace).train):
        save(painting.path, texture(number))
    for key, piece in zip(ids_of_test(workspace), pieces_of_test(), strict=True):
        save(workspace.data / "test" / f"{key}.jpg", piece)
    contest = read_contest(workspace)
    folds = load_or_make_folds(workspace, contest, FOLDS)
    rng = np.random.default_rng(0)
    for fold in range(FOLDS):
        keys = [(key, crop) for key in sorted(folds.validation(fold)) for crop in range(5)]
        ids, crops = [key for key, _ in keys], [crop for _, crop in keys]
        said = rng.dirichlet([1, 1, 1], len(keys))
        oof = Predictions.make(ids, said, contest.artists, crops=crops, folds=fold)
        said = rng.dirichlet([1, 1, 1], len(contest.test))
        test = Predictions.make(ids_of_test(workspace), said, contest.artists, folds=fold)
        facts = {"checkpoint": "step-1", "image_size": 64}
        keep_fold(workspace, contest, "plain", oof=oof, test=test, bad={}, facts=facts)
        keep_fold(workspace, contest, "untaught", oof=None, test=test, bad={}, facts=facts)
    return workspace


def pieces_of_test() -> list[np.ndarray]:
    return [
        cut(texture(100 + number), box)
        for number, (key, count) in enumerate(OF_TEST.items())
        for box in piece_boxes(key, count)
    ]


def ids_of_test(workspace: Workspace) -> list[str]:
    with workspace.test_csv.open() as file:
        return [row["id"] for row in csv.DictReader(file)]


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, quality=95)


def rows_of(path: Path) -> dict[str, str]:
    with path.open() as file:
        return {row["id"]: row["artist"] for row in csv.DictReader(file)}


def test_a_pooled_submission_differs_only_where_there_are_siblings(workspace: Workspace) -> None:
    plain = artcli("submit", "plain", "--json", "-w", workspace.root)
    pooled = artcli("submit", "plain", "--pool", "siblings", "--json", "-w", workspace.root)
    assert pooled.code == 0, pooled.err
    path = Path(pooled.json["submission"])
    assert path.name == "plain-siblings.csv"
    before, after = rows_of(Path(plain.json["submission"])), rows_of(path)
    ids = ids_of_test(workspace)
    x, y, alone = ids[:4], ids[4:7], ids[7:]
    assert [len({after[key] for key in group}) for group in (x, y)] == [1, 1]
    assert {len({before[key] for key in group}) for group in (x, y)} != {1}  # it was not so before
    assert all(after[key] == before[key] for key in alone)
    assert plain.json["pool"] is None
    told = pooled.json["pool"]
    assert (told["precision"], told["test_groups"]) == (1.0, {"1": 1, "3": 1, "4": 1})
    assert told["recall"] > 0.9
    assert told["gain"]["low"] <= told["gain"]["value"] <= told["gain"]["high"]
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["made_from"]["pool"] == told
    assert record["run"] == "plain"


def test_the_figures_the_rules_and_the_report_are_told(workspace: Workspace) -> None:
    answer = artcli("submit", "plain", "--pool", "siblings", "-w", workspace.root)
    assert "Measured on 60 validation pieces" in answer.text
    assert "precision 1.0000" in answer.text
    assert "Of 8 pictures of the test, 7 have siblings." in answer.text
    assert "a contest's rules may forbid that" in answer.text
    assert (workspace.submissions / "plain-siblings-2.csv").exists()  # nothing is overwritten
    page = (workspace.reports / "siblings" / "plain.html").read_text("utf-8")
    assert page.count("data:image/jpeg;base64,") == 3 * 7  # each choice shows both groups
    assert "4 pieces of 100 × 80; a pair of them is sure to" in page
    assert "<script" not in page
    assert "http" not in page


def test_a_run_without_validation_is_not_pooled(workspace: Workspace) -> None:
    answer = artcli("submit", "untaught", "--pool", "siblings", "-w", workspace.root)
    assert answer.code == 1
    assert "has no out-of-fold predictions" in answer.err
    assert not (workspace.submissions / "untaught-siblings.csv").exists()


def test_pieces_in_folds_of_no_file_are_refused(workspace: Workspace) -> None:
    folds = workspace.folds_file(FOLDS)
    kept = folds.read_text()
    try:
        names = [line.split(",")[0] for line in kept.splitlines()[1:]]
        write_csv(folds, "id,fold", [f"{key},{n % 2}" for n, key in enumerate(names)])
        answer = artcli("submit", "plain", "--pool", "siblings", "-w", workspace.root)
    finally:
        folds.write_text(kept)
    assert answer.code == 1
    assert "in other folds than those of any folds file" in answer.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--fill-bad", "Nobody At All"), "is not an artist of this contest"),
        (("--name", "taken"), "there is a submission taken.csv already"),
    ],
)
def test_what_cannot_be_written_is_refused_before_siblings_are_looked_for(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, given: tuple[str, str], said: str
) -> None:
    workspace.submissions.mkdir(exist_ok=True)
    (workspace.submissions / "taken.csv").touch()
    monkeypatch.setattr("artcli.predicting.siblings.finding.find_siblings", None)
    answer = artcli("submit", "plain", "--pool", "siblings", *given, "-w", workspace.root)
    assert answer.code in (1, 2)
    assert said in answer.err


def nothing_found(_workspace: Workspace, _contest: Contest, lineup: Lineup) -> Siblings:
    exam, tests = lineup.exam, len(lineup.test_ids)
    pieces = Pieces((), np.zeros((0, 1, 1, 3), np.uint8), np.zeros((0, 2), np.int64), ())
    nothing = np.zeros((0, 2), np.intp), np.zeros(0)
    return Siblings(
        Grouped(pieces, np.arange(len(exam)), *nothing),
        Grouped(pieces, np.arange(tests), *nothing),
        pair_quality(np.arange(len(exam)), exam.ids),
    )


def test_where_none_are_found_that_is_said_and_nothing_is_pooled(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artcli.predicting.siblings.finding.find_siblings", nothing_found)
    given = ("submit", "plain", "--pool", "siblings", "--name", "none-found")
    answer = artcli(*given, "-w", workspace.root)
    assert answer.code == 0, answer.err
    assert "no siblings were found; nothing is pooled" in answer.text
    assert "nan" not in answer.text.lower().split()
    text = (workspace.submissions / "none-found.json").read_text()
    assert "NaN" not in text
    pool = json.loads(text)["made_from"]["pool"]
    assert (pool["applied"], pool["precision"], pool["recall"]) == (False, None, 0.0)


def test_a_submission_is_not_pooled_where_that_lowers_the_score(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a fold's pieces as one group: the best single artist, for all of them."""

    def all_akin(workspace: Workspace, contest: Contest, lineup: Lineup) -> Siblings:
        none = nothing_found(workspace, contest, lineup)
        groups = lineup.exam.folds.astype(np.intp)
        return Siblings(
            replace(none.of_validation, groups=groups),
            replace(none.of_test, groups=np.zeros(len(lineup.test_ids), np.intp)),
            pair_quality(groups, lineup.exam.ids),
        )

    monkeypatch.setattr("artcli.predicting.siblings.finding.find_siblings", all_akin)
    monkeypatch.setattr("artcli.reporting.siblings_page.choices", lambda _grouped: [])
    plain = artcli("submit", "plain", "--json", "-w", workspace.root).json
    answer = artcli("submit", "plain", "--pool", "siblings", "--json", "-w", workspace.root)
    assert answer.code == 0, answer.err
    assert "pooling lowers the out-of-fold macro F1 here" in answer.err
    assert answer.json["pool"]["applied"] is False
    path = Path(answer.json["submission"])
    assert "siblings" not in path.name
    assert rows_of(path) == rows_of(Path(plain["submission"]))


def test_the_hint_for_imported_predictions_takes_them_in_anew(workspace: Workspace) -> None:
    contest, folds = read_contest(workspace), workspace.folds_file(FOLDS)
    from_plain = read_kept(workspace, "plain")
    assert from_plain is not None
    parts = {}
    for which in ("oof", "test"):
        parts[which] = workspace.root / f"elsewhere-{which}.npz"
        getattr(from_plain, which).save(parts[which])
    import_predictions(workspace, contest, "taken-in", **parts)
    kept = folds.read_text()
    try:
        names = [line.split(",")[0] for line in kept.splitlines()[1:]]
        write_csv(folds, "id,fold", [f"{key},{n % 2}" for n, key in enumerate(names)])
        answer = artcli("submit", "taken-in", "--pool", "siblings", "-w", workspace.root)
    finally:
        folds.write_text(kept)
    assert f"artcli predict taken-in --import FILE -w {workspace.root}" in answer.err.replace(
        "\n", " "
    )


def test_there_is_one_way_to_pool(workspace: Workspace) -> None:
    assert artcli("submit", "plain", "--pool", "cousins", "-w", workspace.root).code == 2
