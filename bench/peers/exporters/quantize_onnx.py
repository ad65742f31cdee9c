"""int8 by ONNX Runtime's own tools: quantize_dynamic, or quantize_static with QDQ nodes and calibration."""
import pathlib
import tempfile

import numpy
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType, quant_pre_process,
                                      quantize_dynamic, quantize_static)

import common

options = common.arguments(__doc__)
# Without VNNI, products of 8-bit values saturate; the makers advise 7-bit weights there.
flags = pathlib.Path("/proc/cpuinfo").read_text()
reduced = "avx512_vnni" not in flags and "avx_vnni" not in flags and "asimddp" not in flags


class Histories(CalibrationDataReader):
    def __init__(self):
        self.rest = iter([{"ids": numpy.array(ids, numpy.int64)} for ids in common.histories(options)])

    def get_next(self):
        return next(self.rest, None)


with tempfile.TemporaryDirectory() as folder:
    prepared = pathlib.Path(folder) / "prepared.onnx"
    quant_pre_process(str(options.source), str(prepared), skip_symbolic_shape=True)
    if options.precision == "int8-dynamic":
        quantize_dynamic(prepared, options.out, per_channel=True, reduce_range=reduced, weight_type=QuantType.QInt8)
    else:
        quantize_static(prepared, options.out, Histories(), quant_format=QuantFormat.QDQ, per_channel=True,
                        reduce_range=reduced, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                        op_types_to_quantize=["MatMul", "Gemm"])
