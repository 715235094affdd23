"""Generated sets: works made for artists who have few, kept beside the contest's own paintings.

No torch here: what makes the works is `artcli.generating`'s, and plugins' of the kind generator.
"""
