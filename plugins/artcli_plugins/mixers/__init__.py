"""How the pictures of a batch are mixed."""
