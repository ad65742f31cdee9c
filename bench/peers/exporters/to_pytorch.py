"""Nothing is exported for PyTorch: the file tells the worker which module to build."""
import json

import common

options = common.arguments(__doc__)
options.out.write_text(json.dumps({"model": options.model, "form": options.form, "events": options.events,
                                   "part": options.part, "precision": options.precision}))
