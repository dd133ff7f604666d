"""Models as ONNX files: a graph of ONNX operators that any runtime of ONNX runs without tinygraph.

A model is traced to an op graph in which a few layers, recurrent ones first of all, stay one node each
(`layers`, `recurrent`); every other operation has its ONNX operators (`emit`). Sizes that are open, those of
the batch and of time, are found by tracing with other ones and comparing (`probes`).
"""
