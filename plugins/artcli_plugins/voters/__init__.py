"""How several models agree on one answer.

A voter's `fit(oof (M, N, C), truth (N,))` gives the vote: a function of M models' probabilities
`(M, K, C)` to probabilities `(K, C)`. A vote that weighs the models has their `weights` `(M,)`.
"""
