"""artcli: a painter attribution contest, from raw files to a leaderboard CSV."""

import os

__version__ = "0.1.0"

# Before albumentations is imported, here and in every worker: else it asks the network for news.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
# Processes that this one starts (workers of pools, a look at torch) would else import whatever
# Python file in the folder they begin in is called like a module, and that folder may be anyone's.
os.environ.setdefault("PYTHONSAFEPATH", "1")
