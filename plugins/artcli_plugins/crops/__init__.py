"""Which part of a painting is shown."""
