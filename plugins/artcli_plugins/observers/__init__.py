"""Who is told of a run's progress."""
