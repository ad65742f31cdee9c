"""MNN: its session interface, which plans once; input and outputs stay in the session's memory."""
import common  # before the runtime

import importlib.metadata
import sys

import MNN
import numpy


class Runtime:
    packages = ("MNN", "_mnncengine", "mnn")
    settings = "backend CPU, numThread 1, precision high, memory low (weights of 8 bits are computed in int8)"

    def version(self):
        return importlib.metadata.version("MNN")

    def open(self, path):
        return Session(path)

    def bind(self, model, ids):
        return model.bind(ids)

    def result(self, model):
        outputs = {name: numpy.array(tensor.getNumpyData()).ravel()
                   for name, tensor in model.interpreter.getSessionOutputAll(model.session).items()}
        return (outputs["items"], outputs["scores"]) if "items" in outputs else (next(iter(outputs.values())), None)

    def trivial(self, path):
        return self.bind(self.open(path), [1])


class Session:
    def __init__(self, path):
        self.interpreter = MNN.Interpreter(path)
        self.session = self.interpreter.createSession(
            {"backend": "CPU", "numThread": 1, "precision": "high", "memory": "low"})
        self.input = self.interpreter.getSessionInput(self.session)

    def bind(self, ids):
        values = numpy.array(ids, numpy.int32)
        self.input.copyFrom(MNN.Tensor((len(ids),), MNN.Halide_Type_Int, values, MNN.Tensor_DimensionType_Tensorflow))
        run, session = self.interpreter.runSession, self.session
        return lambda: run(session)


sys.exit(common.serve(Runtime))
