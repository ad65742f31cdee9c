"""What reading memory takes on the core of the workers, by bench/roofline: the least that a scan can take."""
import json
import math
import os
import subprocess
import tempfile

import paths

SECONDS = 120


class Failed(Exception):
    pass


def reads(cpu):
    """[{"where", "bytes", "gbs"}] of each level of memory."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        try:
            subprocess.run([paths.ROOFLINE, "--json", out.name], stdout=subprocess.DEVNULL, timeout=SECONDS, check=True,
                           preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        except (OSError, subprocess.SubprocessError) as error:
            raise Failed(f"the roofline was not measured: {error}") from None
        return json.load(out)["read"]


def of_bytes(runs, count):
    """The fastest read of about so many bytes in any of the runs, and what it makes of exactly so many."""
    read = max((min(run, key=lambda read: abs(math.log(read["bytes"] / count))) for run in runs),
               key=lambda read: read["gbs"])
    return {"bytes": count, "where": read["where"], "gbs": read["gbs"], "nanoseconds": count / read["gbs"]}
