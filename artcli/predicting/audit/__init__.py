"""What out-of-fold probabilities tell of the data: doubtful labels, artists that are mixed up."""
