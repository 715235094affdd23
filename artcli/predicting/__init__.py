"""From a checkpoint to probabilities, and from probabilities to a submission."""
