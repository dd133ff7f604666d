"""What scripts are made of: one function for each kind of layer, whose text goes into the scripts that need it.

The functions know NumPy and each other, nothing else. Every line keeps to 88 columns, as scripts do. What a
model does not use is left out on the way, see `tinygraph.exchange.script.reduced`; so an option that few models
need is an argument with a default, and what it does stands in an ``if`` of its own.
"""
