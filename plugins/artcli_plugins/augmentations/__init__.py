"""How a crop is varied, through albumentations."""

import os

# Read when albumentations is imported: else each process asks the network for a newer version.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
