"""PyTorch to ONNX by torch.export."""
import torch

import common

options = common.arguments(__doc__)
module, example = common.module(options)
outputs = {"trivial": ["ids_out"], "encode": ["vector"], "recommend": ["scores", "items"]}
kind = "trivial" if options.form == "trivial" else options.part
program = torch.onnx.export(module, (example,), dynamo=True, input_names=["ids"], output_names=outputs[kind], opset_version=23)
program.save(str(options.out))
