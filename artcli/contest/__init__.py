"""A contest's files: tables, images, pixels, folds, pieces, scores. No torch here."""
