"""ONNX to OpenVINO's IR; int8 by NNCF: quantization after training with calibration, or of weights alone."""
import nncf
import numpy
import openvino

import common

options = common.arguments(__doc__)
model = openvino.convert_model(options.source)
if options.precision == "int8":
    calibration = nncf.Dataset([numpy.array(ids, numpy.int64) for ids in common.histories(options)])
    model = nncf.quantize(model, calibration, model_type=nncf.ModelType.TRANSFORMER, subset_size=32)
elif options.precision == "int8-weights":
    model = nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
openvino.save_model(model, options.out, compress_to_fp16=False)
