"""What each operation becomes in ONNX, by kind: ``emit(writer, node, *inputs)`` writes operators for one
node, whose inputs have these names, and returns the name of its value.
"""
