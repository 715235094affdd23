"""What the sample contest's painters paint: a motif draws its regions into a `Sketch`."""
