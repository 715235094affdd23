"""Backbones, through timm."""
