"""artcli: a painter attribution contest, from raw files to a leaderboard CSV."""

__version__ = "0.1.0"
