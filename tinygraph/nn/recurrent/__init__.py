"""Recurrent layers: the step of a cell, written once for each time step."""
