"""Starters: one small, correct plugin per kind, which `artcli plugins new` copies.

Each is a whole workspace plugin. In the copy `starter-name` becomes the component's name and
`starter_name` its function's; a package's copy leaves out `test_contract`, which it has in a file
of its own.
"""
