"""How the sample contest's painters paint.

A brush takes a `Sketch` and its own settings and gives the finished picture, `(H, W, 3)` uint8
RGB; all chance comes from the sketch's generator.
"""
