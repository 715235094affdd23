"""A workspace: the folder that holds a contest's data, checkpoints, predictions and submissions."""
