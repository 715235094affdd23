"""The sample contest, painted by the program itself: painters, motifs, brushes."""

from artcli.contest.sample.contest import paint_contest

__all__ = ["paint_contest"]
