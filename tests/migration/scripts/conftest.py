"""Keeps pytest from importing the scripts in this folder, which need Keras."""

collect_ignore_glob = ["*.py"]
