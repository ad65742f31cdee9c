"""PyTorch to ExecuTorch with XNNPACK; int8 as XNNPACK's quantizer does it: dynamic activations, weights per channel."""
import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackDynamicallyQuantizedPartitioner, XnnpackPartitioner
from executorch.exir import to_edge_transform_and_lower

import common

options = common.arguments(__doc__)
module, example = common.module(options)
program = torch.export.export(module, (example,))
partitioners = [XnnpackPartitioner()]
if options.precision == "int8-dynamic":
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (XNNPACKQuantizer,
                                                                         get_symmetric_quantization_config)
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
    quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True, is_dynamic=True))
    prepared = prepare_pt2e(program.module(), quantizer)
    for ids in common.histories(options):
        prepared(torch.tensor(ids))
    program = torch.export.export(convert_pt2e(prepared), (example,))
    partitioners.insert(0, XnnpackDynamicallyQuantizedPartitioner())
lowered = to_edge_transform_and_lower(program, partitioner=partitioners).to_executorch()
options.out.write_bytes(lowered.buffer)
