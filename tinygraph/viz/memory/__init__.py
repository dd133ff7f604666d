"""The memory chart of a plan: what lives when, and in which bytes."""
