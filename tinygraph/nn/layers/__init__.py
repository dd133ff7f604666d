"""Layers that are not recurrent."""
