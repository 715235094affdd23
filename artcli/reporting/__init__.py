"""Reports of what runs have scored: figures, tables and pages."""
