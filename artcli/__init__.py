"""artcli: a painter attribution contest, from raw files to a leaderboard CSV."""

import os

__version__ = "0.1.0"

# Before albumentations is imported, here and in every worker: else it asks the network for news.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
