"""Pieces of one painting, found among the pieces of many.

`pieces` gathers small pictures, `candidates` says which pairs can be siblings, `likeness` (by
`registration`) compares them, `evidence` turns likeness into certainty, as learnt where the truth
is known, `grouping` makes groups of sure pairs, `finding` does it all, `measures` says how well.
"""
