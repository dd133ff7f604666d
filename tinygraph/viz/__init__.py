"""Drawings of graphs and models: outline (graph -> plain records), layout, then SVG and DOT."""
