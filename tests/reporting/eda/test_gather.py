"""What is gathered for the report besides what other modules find."""

from pathlib import Path

from small_contests import bare_contest, write_csv

from artcli.reporting.eda.gather import _folds
from artcli.workspace.paths import Workspace


def test_folds_that_do_not_fit_are_told_case_by_case(tmp_path: Path) -> None:
    contest = bare_contest(train={"p0": "Ada Stone", "p1": "Ben Wood"})
    write_csv(tmp_path / "folds-2.csv", "id,fold", ["p0,0", "p1,1"])
    write_csv(tmp_path / "folds-3.csv", "id,fold", ["p0,0", "p1,9", "p1,1"])
    found, (fault,) = _folds(Workspace(tmp_path), contest)
    assert {k: folds.fold_of for k, folds in found.items()} == {2: {"p0": 0, "p1": 1}}
    assert (fault.code, fault.title) == ("unfitting-folds", "folds-3.csv does not serve")
    assert len(fault.details) == 2
    assert "'p1' is there twice" in fault.details[1]
