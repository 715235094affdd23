"""Every generator that needs no weights makes a set of the painted sample contest."""

from pathlib import Path

import pytest
from command_line import artcli

from artcli.contest.generated.admitting import admitted
from artcli.contest.generated.store import read_set
from artcli.contest.sample.contest import paint_contest
from artcli.contest.splits import load_or_make_folds
from artcli.contest.tables import read_contest
from artcli.workspace.paths import Workspace

SPECS = {
    "style-transfer": "style-transfer:pretrained=false,size=32,steps=3",
    "vae": "vae:size=16,steps=3,batch=4,width=8",
    "cgan": "cgan:size=16,steps=3,batch=4,width=8",
    "cyclegan": "cyclegan:size=32,steps=2,width=4,blocks=1,batch=1",
    "ddpm": "ddpm:size=16,patch=4,width=16,blocks=1,strides=2,steps=2,batch=4",
}


@pytest.fixture(autouse=True)
def on_one_thread(one_thread: None) -> None:
    pass


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("sample")
    paint_contest(root / "data", root / "solution.csv", paintings=70, sides=(64, 80), workers=1)
    (root / "artcli.toml").write_text("")
    return Workspace(root)


@pytest.mark.parametrize("name", SPECS)
def test_a_set_of_the_sample_is_made_and_no_fold_learns_what_judges_it(
    sample: Workspace, name: str
) -> None:
    if name == "ddpm":
        pytest.importorskip("diffusers", reason="the extra diffusion is not installed")
    words = ("--generator", SPECS[name], "--rarest", 1, "--each", 1, "--extra-rarest", 0)
    made = artcli("augment-style", "-w", sample.root, *words, "--folds", 2, "--json")
    assert made.code == 0, made.err
    found, contest = read_set(sample, name), read_contest(sample)
    assert found.complete
    assert len(found.works) == made.json["works"] == (1 if name == "style-transfer" else 2)
    folds, taken = load_or_make_folds(sample, contest, 2), []
    for fold in range(2):
        held = folds.validation(fold)
        works = admitted(found, held)
        assert all(held.isdisjoint(work.sources) for work in works)
        taken.append(len(works))
    # Both sources of a style transfer are of one fold, which does without the work.
    assert sorted(taken) == ([0, 1] if name == "style-transfer" else [1, 1])
    page = Path(sample.reports / "generated" / name / "sheet.html").read_text(encoding="utf-8")
    assert found.works[0].artist in page
