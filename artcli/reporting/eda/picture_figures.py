"""The pictures as figures: their files, their colours, and the test beside them.

A report goes in; figures come out, those for which the pictures tell enough.
"""

from __future__ import annotations

from artcli.reporting.eda.colour_figures import colour_figures
from artcli.reporting.eda.file_figures import file_figures
from artcli.reporting.eda.report import Drawn, EdaReport
from artcli.reporting.eda.shift_figure import shift_figures


def picture_figures(report: EdaReport) -> list[Drawn]:
    """Sizes, forms, weights and JPEG quality; lightness, palettes, time, grey; train and test."""
    return [*file_figures(report), *colour_figures(report), *shift_figures(report)]
