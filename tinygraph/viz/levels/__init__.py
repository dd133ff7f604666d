"""The levels of a drawing: how a model or graph becomes an outline. A file for each, and what they share."""
