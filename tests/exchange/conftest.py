"""Keeps pytest from importing what runs in a process of its own, under real Keras."""

collect_ignore = ["keras_process.py"]
