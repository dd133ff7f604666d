"""What scripts are made of: functions whose text a script that needs them has.

The functions know NumPy and each other, nothing else. What a model does not use is left
out on the way, see `tinygraph.exchange.script.reduced`; so an option that few models
need is an argument with a default, and what it does stands in an ``if`` of its own.
"""
