"""PyTorch to ncnn by pnnx. ncnn has neither TopK nor Scatter, so the graph ends with the scores of all rows."""
import shutil
import subprocess
import sys

import pnnx
import torch

import common

options = common.arguments(__doc__)
module, example = common.module(options)


class Ending(torch.nn.Module):
    """With a first dimension of 1: pnnx takes the first one for a batch, which ncnn does not have."""

    def __init__(self):
        super().__init__()
        self.module = module

    def forward(self, ids):
        if options.form == "trivial":  # ncnn adds no integers
            return torch.nn.functional.embedding(ids, torch.zeros(2, 1))
        if options.form == "padded":
            return torch.nn.functional.linear(self.module.outputs(ids)[:, -1], self.module.item_emb.weight)
        vector = self.module.encode(ids)
        return vector if options.part == "encode" else torch.nn.functional.linear(vector, self.module.item_rows)


example = example.unsqueeze(0)
traced = options.out.with_suffix(".pt")
torch.jit.trace(Ending().eval(), example).save(str(traced))
files = {name: options.out.with_suffix("." + name) for name in ("pnnx.param", "pnnx.bin", "py", "ncnn.py", "onnx")}
tool = shutil.which("pnnx") or pnnx.EXEC_PATH
subprocess.run([tool, traced, f"inputshape=[1,{example.shape[1]}]i64", f"ncnnparam={options.out}",
                f"ncnnbin={options.out.with_suffix('.bin')}", f"pnnxparam={files['pnnx.param']}",
                f"pnnxbin={files['pnnx.bin']}", f"pnnxpy={files['py']}", f"ncnnpy={files['ncnn.py']}",
                f"pnnxonnx={files['onnx']}", "fp16=0", "device=cpu"], check=True)
for file in (traced, *files.values()):
    file.unlink(missing_ok=True)
# pnnx leaves what ncnn lacks under PyTorch's names.
layers = {line.split()[0] for line in options.out.read_text().splitlines()[2:]}
missing = sorted(layer for layer in layers if "." in layer or "::" in layer)
if missing:
    sys.exit(f"ncnn has no layer for {', '.join(missing)}")
