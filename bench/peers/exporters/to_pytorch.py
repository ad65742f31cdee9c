"""PyTorch to PyTorch: the module compiled ahead of time by TorchInductor, or for the eager forms the weights and which
module to build. int8 by torchao: dynamic activations, weights per channel."""
import json
import os

import torch

import common

options = common.arguments(__doc__)
if options.precision == "eager":
    options.out.write_text(json.dumps({"model": options.model, "form": options.form, "events": options.events,
                                       "part": options.part}))
    os.link(options.weights, options.out.with_suffix(".pt"))
else:
    torch.set_num_threads(1)
    module, example = common.module(options)
    if options.precision == "int8":
        from torchao.quantization import Int8DynamicActivationInt8WeightConfig, quantize_
        from torchao.utils import unwrap_tensor_subclass
        quantize_(module, Int8DynamicActivationInt8WeightConfig())
        unwrap_tensor_subclass(module)
    with torch.no_grad():
        program = torch.export.export(module, (example,))
        torch._inductor.aoti_compile_and_package(program, package_path=str(options.out),
                                                 inductor_configs={"max_autotune": True, "freezing": True})
