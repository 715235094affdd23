"""Name the painters of any pictures, or predict a contest's pictures again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artcli.commands.options import BatchSizeOption, DeviceOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.predicting.folder import Kept
    from artcli.predicting.naming import Named
    from artcli.workspace.paths import Workspace

BAR_WIDTH = 20


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's name; with --import: one that is free.")
    ],
    images: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Pictures, or folders of them, whose painters to name.", metavar="IMAGES"
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many artists to name for a picture.")] = 5,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a row for each picture, named or not, to a CSV file too."
        ),
    ] = None,
    import_test: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FILE",
            help="Take in predictions of the test made elsewhere (.npz), as the run RUN.",
        ),
    ] = None,
    import_oof: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --import: the out-of-fold predictions (.npz)."),
    ] = None,
    batch_size: BatchSizeOption = None,
    device: DeviceOption = "auto",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Name the painters of any pictures, or predict a contest's pictures again.

    With IMAGES: the most probable artists of each, by the mean of the run's folds. Without: the
    run's probabilities for the validation paintings and the test are made anew (artcli train makes
    them too). With --import: probabilities made by any other program join the runs, so that artcli
    submit can take them.
    """
    from artcli.errors import UsageError
    from artcli.workspace.paths import find_workspace

    if images and import_test:
        raise UsageError("--import takes no pictures", "leave one of them out")
    if import_oof and not import_test:
        raise UsageError("--import-oof goes with --import FILE, the predictions of the test")
    if csv and not images:
        raise UsageError("--csv goes with pictures: artcli predict RUN IMAGES… --csv FILE")
    found = find_workspace(workspace)
    if images:
        _name(found, run, images, top, csv, json, batch_size=batch_size, device=device)
    elif import_test:
        _import(found, run, import_test, import_oof, json)
    else:
        _predict_again(found, run, json, batch_size=batch_size, device=device)


def _name(
    workspace: Workspace,
    run: str,
    images: list[Path],
    top: int,
    csv: Path | None,
    json: bool,
    *,
    batch_size: int | None,
    device: str,
) -> None:
    from artcli import console
    from artcli.errors import Problems, UsageError
    from artcli.host.discovery import load_host
    from artcli.workspace.files import write_text

    _require_model(workspace, run)
    if csv is not None and csv.exists():
        raise UsageError(f"{csv} is there already", "choose another name, or remove it first")
    from artcli.predicting.naming import name_pictures  # torch, after what needs none

    host = load_host(workspace)
    named = name_pictures(workspace, host, run, images, batch_size=batch_size, device=device)
    if json:
        console.print_json(_document(run, named, top))
    elif named.paths:
        _show(run, named, top)
    if csv is not None:
        write_text(csv, _csv_text(named, top))
        console.success(f"wrote {csv}")
    if named.bad:
        raise Problems(f"{len(named.bad)} could not be named", list(named.bad.values()))


def _document(run: str, named: Named, top: int) -> dict[str, object]:
    pictures = [
        {
            "picture": path,
            "artists": [{"artist": name, "probability": p} for name, p in named.top(row, top)],
        }
        for row, path in enumerate(named.paths)
    ]
    bad = [{"picture": path, "reason": reason} for path, reason in named.bad.items()]
    return {"run": run, "folds": named.folds, "pictures": pictures, "bad": bad}


def _show(run: str, named: Named, top: int) -> None:
    from artcli import console

    rows = []
    for row, path in enumerate(named.paths):
        for place, (artist, value) in enumerate(named.top(row, top)):
            bar = "█" * round(BAR_WIDTH * value)
            rows.append((path if place == 0 else "", artist, f"{100 * value:.1f} %", bar))
    folds = f"{len(named.folds)} folds" if len(named.folds) > 1 else f"fold {named.folds[0]}"
    count = f"{len(named.paths):,} picture{'s' * (len(named.paths) != 1)}"
    title = f"{count}, named by {console.safe(run)} ({folds})"
    console.out().print(console.table(title, ["Picture", "Artist", ">Probability", ""], rows))


def _csv_text(named: Named, top: int) -> str:
    from artcli.contest.csvfile import to_text
    from artcli.contest.spreadsheets import disarmed

    shown = min(top, len(named.classes))
    header = ["picture"]
    for place in range(1, shown + 1):
        header += [f"artist_{place}", f"probability_{place}"]
    rows, row_of = [], {path: row for row, path in enumerate(named.paths)}
    for path in named.asked:
        cells = [""] * (2 * shown)
        if path in row_of:
            said = named.top(row_of[path], shown)
            cells = [cell for artist, value in said for cell in (artist, f"{value:.6f}")]
        cells = [str(path), *cells, named.bad.get(path, "")]
        rows.append([disarmed(_as_text(cell)) for cell in cells])
    return to_text([*header, "problem"], rows)


def _as_text(cell: str) -> str:
    """`cell`, whose bytes that are no UTF-8, as a file's name may hold, are written out."""
    return cell.encode("utf-8", "backslashreplace").decode("utf-8")


def _import(workspace: Workspace, name: str, test: Path, oof: Path | None, json: bool) -> None:
    from artcli import console
    from artcli.contest.tables import read_contest
    from artcli.predicting.folder import import_predictions

    contest = read_contest(workspace)
    kept = import_predictions(workspace, contest, name, test=test, oof=oof)
    console.success(f"{test} is now the run {name}")
    _report(workspace, contest, kept, json)


def _predict_again(
    workspace: Workspace, run: str, json: bool, *, batch_size: int | None, device: str
) -> None:
    from artcli.contest.tables import read_contest
    from artcli.errors import ArtcliError
    from artcli.host.discovery import load_host
    from artcli.predicting.folder import read_kept
    from artcli.workspace.runs import hold_folds

    _require_model(workspace, run)
    contest = read_contest(workspace)
    from artcli.predicting.predict import predict_run  # torch, after what needs none

    with hold_folds(workspace, run):
        host = load_host(workspace)
        predict_run(workspace, host, contest, run, batch_size=batch_size, device=device)
    kept = read_kept(workspace, run)
    if kept is None:
        raise ArtcliError("there is no test, and no painting was held out: nothing to predict")
    _report(workspace, contest, kept, json)


def _require_model(workspace: Workspace, name: str) -> None:
    """Errors: `ArtcliError` where there is no run, or nothing of it but predictions."""
    from artcli.errors import ArtcliError
    from artcli.predicting.candidates import list_candidates
    from artcli.predicting.made_by import way_back
    from artcli.workspace.runs import read_run

    for one in list_candidates(workspace):
        if one.name == name and one.record is None:
            raise ArtcliError(
                f"{name}, {one.state}, has no model that could predict",
                way_back(name, {"made_by": one.made_by, "imported": True}, workspace.flag),
            )
    read_run(workspace, name)


def _report(workspace: Workspace, contest: Contest, kept: Kept, json: bool) -> None:
    from artcli import console
    from artcli.errors import Problems
    from artcli.predicting.folder import fold_label
    from artcli.predicting.scores import oof_scores

    scores = oof_scores(kept.oof, contest)
    files: dict[str, dict[str, Any]] = {
        which: {
            "file": workspace.predictions_dir(kept.name) / f"{which}.npz",
            "rows": len(part),
            "folds": [fold_label(fold) for fold in part.fold_numbers],
        }
        for which, part in (("oof", kept.oof), ("test", kept.test))
        if part is not None
    }
    if json:
        document = {"run": kept.name, **files, "scores": scores, "bad_test_images": dict(kept.bad)}
        console.print_json(document)
        return
    out = console.out()
    if "f1" in scores:
        interval = f"{scores['f1_low']:.3f} to {scores['f1_high']:.3f}"
        out.print(f"Validation crop F1: {scores['f1']:.4f} ({interval})")
    if "whole_f1" in scores:
        out.print(f"Whole-painting F1: {scores['whole_f1']:.4f}")
    for facts in files.values():
        folds = ", ".join(facts["folds"])
        out.print(f"Wrote {console.safe(facts['file'])} ({facts['rows']:,} rows, folds: {folds})")
    if kept.bad:
        told = f"{len(kept.bad)} test images cannot be read"
        console.warn(Problems(told, [*kept.bad.values()]).message)
    if kept.test is not None:
        place = console.safe(workspace.flag)
        out.print(f"Next: [bold]artcli submit {console.safe(kept.name)}{place}[/]")
