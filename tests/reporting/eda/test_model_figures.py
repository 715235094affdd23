"""Figures of what a run tells: the matrix, F1 by works, calibration; names that find room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reporting.eda.fake_report import fake_report

from artcli.predicting.audit.records import ArtistScore
from artcli.reporting.eda.drawing import as_svg, new_figure, style
from artcli.reporting.eda.model_figures import model_figures
from artcli.reporting.eda.placing import place_labels
from artcli.reporting.eda.report import Drawn, EdaReport, PaintingMap


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> EdaReport:
    return fake_report(tmp_path_factory.mktemp("models"))


def drawn(report: EdaReport) -> dict[str, Drawn]:
    return {figure.name: figure for figure in model_figures(report)}


def test_without_a_run_there_is_the_map_alone_and_without_places_nothing(
    report: EdaReport,
) -> None:
    without = replace(report, audit=None)
    assert list(drawn(without)) == ["painting-map"]
    nowhere = PaintingMap("colour", np.zeros(0, np.intp), {})
    assert model_figures(replace(without, painting_map=nowhere)) == []


def test_a_run_is_told_by_its_matrix_its_scores_and_its_calibration(report: EdaReport) -> None:
    assert report.audit is not None
    matrix = np.diag([5] * len(report.audit.order))
    matrix[0, 1] = 5
    shown = drawn(replace(report, audit=replace(report.audit, matrix=matrix)))
    assert list(shown) == ["confusion-matrix", "f1-by-works", "calibration", "painting-map"]
    assert "83 % of the pieces are on its diagonal" in shown["confusion-matrix"].alt
    assert "macro F1 is 0.612 (0.580–0.650)" in shown["f1-by-works"].alt
    assert "85 % sure and 80 % right" in shown["calibration"].alt
    assert ">50</text>" in as_svg(shown["confusion-matrix"])
    assert not any("<script" in as_svg(figure) for figure in shown.values())


def test_fifty_artists_have_a_matrix_and_all_the_names_on_it(report: EdaReport) -> None:
    assert report.audit is not None
    names = tuple(f"Artist {number:02}" for number in range(50))
    scores = tuple(
        ArtistScore(name, 20 + number, 100, 0.5, 0.5, number / 50)
        for number, name in enumerate(names)
    )
    matrix = np.full((50, 50), 1) + np.diag([50] * 50)
    audit = replace(report.audit, order=names, artists=scores, matrix=matrix)
    svg = as_svg(drawn(replace(report, audit=audit))["confusion-matrix"])
    assert all(svg.count(f">{name}<") == 2 for name in names)


def test_labels_are_written_where_there_is_room_the_first_ones_first() -> None:
    with style():
        figure = new_figure(3)
        axes = figure.add_subplot()
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        crowd = [(0.5, 0.5)] * 30
        written = place_labels(axes, [*crowd, (0.1, 0.9)], [*map(str, range(30)), "aside"])
    texts = [text.get_text() for text in axes.texts]
    assert len(texts) == written < 31
    assert texts[0] == "0"
    assert texts[-1] == "aside"
