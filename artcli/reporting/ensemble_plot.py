"""The reliability diagram: how sure the ensemble is beside how often it is right."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from artcli.reporting.ladder_plot import FAINT, OURS, SLIDES

if TYPE_CHECKING:
    from artcli.predicting.calibration import Reliability

_INCHES = 5.2
_LEAST, _MOST = 12.0, 240.0  # of a mark, in square points


def reliability_svg(before: Reliability, after: Reliability) -> str:
    """An SVG document, always the same for the same figures: hollow squares before the last
    temperature, discs after it, each as large as its share of the pieces."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(
        {"svg.hashsalt": "artcli", "svg.fonttype": "none", "text.parse_math": False}
    ):
        figure = Figure(figsize=(_INCHES, _INCHES), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, zorder=0)
        drawn = ((before, "before", SLIDES, "s", "none"), (after, "after", OURS, "o", OURS))
        for found, label, colour, marker, face in drawn:
            pieces = max(1, sum(one.pieces for one in found.bins))
            axes.scatter(
                [one.said for one in found.bins], [one.right for one in found.bins],
                s=[_LEAST + _MOST * one.pieces / pieces for one in found.bins],
                marker=marker, edgecolors=colour, facecolors=face, linewidths=1.4, clip_on=False,
                label=f"{label}: error {found.error:.3f}",
            )  # fmt: skip
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
        axes.set_xlabel("mean highest probability")
        axes.set_ylabel("share of right guesses")
        axes.grid(color=FAINT, alpha=0.4, linewidth=0.6)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.legend(loc="upper left", frameon=False)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue()
