"""`ModelFormatError`: what is said of a file that is no whole model."""

from __future__ import annotations


class ModelFormatError(ValueError):
    """A file that is no whole model, or not the one that was asked for. It names the file and what to do."""
