"""ONNX to MNN by its converter; int8 as its weight quantization, which the runtime computes in int8 (memory: low).

The converter is called as the extension module that does the work. The command `mnnconvert` around it installs further
packages with whatever pip stands first in the path, and reports to its makers.
"""
import sys

import _tools

import common

options = common.arguments(__doc__)
command = ["mnnconvert", "-f", "ONNX", "--modelFile", str(options.source), "--MNNModel", str(options.out),
           "--optimizePrefer", "2", "--bizCode", "peers"]
if options.precision == "int8":
    command += ["--weightQuantBits", "8"]
_tools.mnnconvert(command)
sys.exit(not options.out.is_file())
