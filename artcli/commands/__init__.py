"""One thin module per subcommand: parse, call, print.

Modules here import nothing heavy at import time; what a command needs is imported inside it.
"""
