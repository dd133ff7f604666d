"""Placing an outline: from boxes and edges to the grid, from the grid to coordinates. It draws nothing."""
