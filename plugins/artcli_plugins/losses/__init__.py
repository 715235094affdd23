"""Losses of logits and soft targets."""
