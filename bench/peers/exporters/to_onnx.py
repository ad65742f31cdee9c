"""PyTorch to ONNX by torch.export."""
import torch

import common

options = common.arguments(__doc__)
# An older set of operators for those that do not know the newer ones, such as Attention.
opset = 18 if options.precision == "opset18" else 23
module, example = common.module(options)
outputs = {"trivial": ["ids_out"], "encode": ["vector"], "recommend": ["scores", "items"]}
kind = "trivial" if options.form == "trivial" else options.part
program = torch.onnx.export(module, (example,), dynamo=True, input_names=["ids"], output_names=outputs[kind],
                            opset_version=opset)
program.save(str(options.out))
