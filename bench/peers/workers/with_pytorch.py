"""PyTorch itself: what TorchInductor compiled ahead of time, or a module as it is."""
import common  # before the runtime

import json
import pathlib
import sys

import torch

import model as models
import workloads


class Runtime:
    packages = ("torch",)
    settings = ("set_num_threads(1), inference_mode; fp32 and int8: TorchInductor ahead of time (aoti_compile_and_package, "
                "max_autotune, freezing); int8: torchao's quantize_, dynamic activations, weights per channel")

    def __init__(self):
        torch.set_num_threads(1)

    def version(self):
        return torch.__version__

    def open(self, path):
        if path.endswith(".pt2"):
            return Bound(torch._inductor.aoti_load_package(path))
        file = pathlib.Path(path)
        options = json.loads(file.read_text())
        weights = torch.load(file.with_suffix(".pt"))["state_dict"]
        shape = workloads.MODELS[options["model"]]
        return Bound(models.build(shape, weights, options["form"], options["events"], options["part"])[0])

    def bind(self, model, ids):
        return model.bind(torch.tensor(ids))

    def result(self, model):
        values = model.values
        if isinstance(values, torch.Tensor):
            return values.flatten().tolist(), None
        return values[1].tolist(), values[0].tolist()

    def trivial(self, path):
        return self.bind(self.open(path), [1])


class Bound:
    def __init__(self, module):
        self.module = module

    def bind(self, ids):
        def run():
            with torch.inference_mode():
                self.values = self.module(ids)

        return run


sys.exit(common.serve(Runtime))
