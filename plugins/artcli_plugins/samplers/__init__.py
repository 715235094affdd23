"""How often each painting is drawn."""
