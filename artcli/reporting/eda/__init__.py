"""The report on a contest's data: gathered, drawn, and written as a page, figures and tables."""
