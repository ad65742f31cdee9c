"""PyTorch itself. The file says which module to build; TorchInductor compiles it when it is opened."""
import common  # before the runtime

import json
import pathlib
import sys

import torch

import model as models
import workloads


class Runtime:
    packages = ("torch",)
    settings = ("set_num_threads(1), inference_mode; compiled: torch.compile, fullgraph, max-autotune-no-cudagraphs; int8: "
                "quantize_ of torchao, dynamic activations, weights per channel")

    def version(self):
        return torch.__version__

    def __init__(self):
        torch.set_num_threads(1)

    def open(self, path):
        file = pathlib.Path(path)
        options = json.loads(file.read_text())
        if options["form"] == "trivial":
            return Compiled(lambda ids: (ids + 1,))
        module, example = models.build(workloads.MODELS[options["model"]], models.load(file.parent), options["form"],
                                       options["events"], options["part"])
        if options["precision"].startswith("int8"):
            from torchao.quantization import Int8DynamicActivationInt8WeightConfig, quantize_
            quantize_(module, Int8DynamicActivationInt8WeightConfig())
        if options["precision"] != "eager":
            module = torch.compile(module, fullgraph=True, mode="max-autotune-no-cudagraphs")
        compiled = Compiled(module)
        compiled.bind(example)()
        return compiled

    def bind(self, model, ids):
        return model.bind(torch.tensor(ids))

    def result(self, model):
        values = model.values
        return (values[1].tolist(), values[0].tolist()) if isinstance(values, tuple) else (values.flatten().tolist(), None)

    def trivial(self, path):
        return self.bind(self.open(path), [1])


class Compiled:
    def __init__(self, module):
        self.module = module

    def bind(self, ids):
        def run():
            with torch.inference_mode():
                self.values = self.module(ids)

        return run


sys.exit(common.serve(Runtime))
