"""LiteRT: its interpreter with XNNPACK, input and outputs in the interpreter's own memory."""
import common  # before the runtime

import importlib.metadata
import sys

import numpy
from ai_edge_litert.interpreter import Interpreter


class Runtime:
    packages = ("ai_edge_litert",)
    settings = "num_threads=1, XNNPACK delegate (default)"

    def version(self):
        return importlib.metadata.version("ai-edge-litert")

    def open(self, path):
        interpreter = Interpreter(path, num_threads=1)
        interpreter.allocate_tensors()
        return interpreter

    def bind(self, model, ids):
        detail = model.get_input_details()[0]
        model.set_tensor(detail["index"], numpy.array(ids, detail["dtype"]))
        return model.invoke

    def result(self, model):
        values = [model.get_tensor(detail["index"]).ravel() for detail in model.get_output_details()]
        if len(values) == 1:
            return values[0], None
        whole = [value for value in values if value.dtype.kind == "i"]
        return whole[0], next(value for value in values if value.dtype.kind == "f")

    def trivial(self, path):
        return self.bind(self.open(path), [1])


sys.exit(common.serve(Runtime))
