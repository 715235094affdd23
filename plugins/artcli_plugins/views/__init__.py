"""How a piece is looked at in test time."""
