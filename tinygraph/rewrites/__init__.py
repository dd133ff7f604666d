"""Rewrites: each takes a graph and returns a graph that computes the same."""
