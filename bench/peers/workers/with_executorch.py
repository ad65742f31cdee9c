"""ExecuTorch: a method of a loaded program; PyTorch only holds the input."""
import common  # before the runtime

import importlib.metadata
import sys

import torch
from executorch.extension.pybindings import portable_lib
from executorch.runtime import Runtime as ExecuTorch


class Runtime:
    packages = ("executorch",)
    settings = "XNNPACK, a thread pool of one, optimized and portable kernels"

    def __init__(self):
        # The pool is as large as the machine has cores, although the process may use one alone.
        portable_lib._unsafe_reset_threadpool(1)

    def version(self):
        return importlib.metadata.version("executorch")

    def open(self, path):
        return Method(path)

    def bind(self, model, ids):
        return model.bind(torch.tensor(ids))

    def result(self, model):
        values = [value.flatten() for value in model.outputs]
        return (values[1].tolist(), values[0].tolist()) if len(values) == 2 else (values[0].tolist(), None)

    def trivial(self, path):
        return self.bind(self.open(path), [1])


class Method:
    def __init__(self, path):
        self.method = ExecuTorch.get().load_program(path).load_method("forward")

    def bind(self, ids):
        execute, inputs = self.method.execute, [ids]

        def run():
            self.outputs = execute(inputs)

        return run


sys.exit(common.serve(Runtime))
