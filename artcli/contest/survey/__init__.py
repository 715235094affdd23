"""What every picture of a contest is, measured once: the file, its light and colours, its looks."""
