"""PyTorch to LiteRT; int8 as its quantizer recommends: dynamic range, weights per channel."""
import litert_torch

import common

options = common.arguments(__doc__)
module, example = common.module(options)
if options.form != "trivial":
    import torch

    class Int32(torch.nn.Module):
        """LiteRT's kernels are made for ids of 32 bits."""

        def __init__(self):
            super().__init__()
            self.module = module

        def forward(self, ids):
            return self.module(ids.long())

    module, example = Int32().eval(), example.int()
model = litert_torch.convert(module, (example,))
model.export(str(options.out))
if options.precision == "int8-dynamic":
    from ai_edge_quantizer import quantizer, recipe
    fp32 = options.out.with_suffix(".fp32")
    options.out.rename(fp32)
    made = quantizer.Quantizer(str(fp32), recipe.dynamic_wi8_afp32())
    made.quantize().export_model(str(options.out), overwrite=True)
    fp32.unlink()
