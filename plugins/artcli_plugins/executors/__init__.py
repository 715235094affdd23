"""Who runs independent jobs, such as the folds of a run."""
