"""A model as a script: what NumPy alone needs to predict, written so that a student can read it."""
