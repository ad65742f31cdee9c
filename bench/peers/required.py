"""What heed must reach, beside what was measured: one line for each requirement.

All ratios are of medians of one run, to heed's int8 form on one thread.
"""
import operator

import report


class Unknown(Exception):
    """Why there is nothing to hold a requirement against."""


def _timed(results, name, what, accept, part="recommend"):
    """A workload's fastest row that is accepted."""
    work = results["workloads"].get(name)
    if not work:
        raise Unknown(f"{name} was not run")
    rows = [row for row in work["rows"] if row["part"] == part and accept(row)]
    timed = [row for row in rows if "nanoseconds" in row]
    if not timed:
        raise Unknown(f"{what}: {rows[0]['reason'] if rows else work.get('reason', 'not in this run')}")
    return min(timed, key=lambda row: row.get("ratio", row["nanoseconds"]))


def _heed(results, name, label=None, part="recommend"):
    label = label or results["workloads"].get(name, {}).get("base")
    return _timed(results, name, f"heed {label}", lambda row: row["peer"] == "heed" and row["label"] == label, part)


def _against(results, name, what, accept):
    """(a peer's time over heed's of the same batch, both times in words)"""
    row = _timed(results, name, what, accept)
    if "ratio" not in row:
        _heed(results, name)  # raises with the reason
    return row["ratio"], (f"{row['title']}, {row['label']}: {report.duration(row['nanoseconds'])}; "
                          f"heed: {report.duration(row['nanoseconds'] / row['ratio'])}")


def _padded(results, name):
    return _against(results, name, "ONNX Runtime, fp32, padded",
                    lambda row: row["peer"] == "onnxruntime" and row["form"] == "padded")


def _onnxruntime(results, name):
    return _against(results, name, "ONNX Runtime, fp32",
                    lambda row: row["peer"] == "onnxruntime" and row["precision"] == "fp32")


def _best(results, name):
    return _against(results, name, "a peer", lambda row: row["peer"] != "heed")


def _read(results, name):
    """The scan is the whole less the user vector."""
    work = results["workloads"].get(name, {})
    row, vector = _heed(results, name), _heed(results, name, part="encode")["nanoseconds"]
    if "read" not in work:
        raise Unknown(work.get("reason", f"{name} was not run"))
    read = work["read"]
    scan = row["nanoseconds"] - vector
    text = (f"scan {report.duration(scan)}, in its best round {report.duration(row['lowest'] - vector)}, with the user vector "
            f"{report.duration(row['nanoseconds'])}; reading {report.size(read['bytes'])} at {read['gbs']:.1f} GB/s: "
            f"{report.duration(read['nanoseconds'])}")
    return scan / read["nanoseconds"], text


def _planes(results, name):
    one, two = _heed(results, name), _heed(results, name, "int8, two planes")
    return one["nanoseconds"] / two["nanoseconds"], (f"one plane: {report.duration(one['nanoseconds'])}; "
                                                     f"two: {report.duration(two['nanoseconds'])}")


def _open(results, name):
    row = _heed(results, name)
    return row["nanoseconds"] / 1e6, f"{report.duration(row['lowest'])} - {report.duration(row['highest'])}"


def _private(results, name):
    """After a call, which touches all of the arena."""
    row = _heed(results, name)
    return (row["called_bytes"] - row["arena_bytes"]) / 1024, (
        f"{report.size(row['private_bytes'])} by opening, {report.size(row['called_bytes'])} after a call; "
        f"arena {report.size(row['arena_bytes'])}")


_PADDED = "ONNX Runtime fp32 padded / heed"
_BEST = "the best form of the best peer / heed"

# (workload, what, how it is found, (comparison, bound) or None where nothing is required, the figure's format)
_REQUIREMENTS = (
    ("W1", _PADDED, _padded, (">=", 8), ".2f"),
    ("W1", _BEST, _best, (">=", 4), ".2f"),
    ("W2", _PADDED, _padded, (">=", 10), ".2f"),
    ("W2", _BEST, _best, (">=", 4), ".2f"),
    ("W3", _PADDED, _padded, (">=", 40), ".2f"),
    ("W3", _BEST, _best, (">=", 4), ".2f"),
    ("W4", _PADDED, _padded, None, ".2f"),
    ("W4", _BEST, _best, (">=", 20), ".2f"),
    ("W5", _PADDED, _padded, None, ".2f"),
    ("W5", "ONNX Runtime fp32, its best form / heed", _onnxruntime, (">=", 6), ".2f"),
    ("W5", _BEST, _best, None, ".2f"),
    ("W5", "heed's scan / the roofline's read of the same bytes", _read, ("<=", 1.1), ".3f"),
    ("W5c", "one plane / two planes", _planes, (">=", 1.4), ".2f"),
    ("W6", _BEST, _best, None, ".0f"),
    ("W6", "opening, milliseconds", _open, ("<", 1), ".3f"),
    ("W6", "private memory beyond the arena, KB of 1,024 bytes", _private, ("<=", 256), ".0f"),
)
_HOLDS = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


def lines(results):
    """{"workload", "what", "must", "value" or "reason", "met", "text"} of each requirement."""
    found = []
    for name, what, find, must, form in _REQUIREMENTS:
        line = {"workload": name, "what": what, "must": f"{must[0]} {must[1]}" if must else ""}
        try:
            value, line["text"] = find(results, name)
            line["value"] = format(value, form)
            if must:
                line["met"] = _HOLDS[must[0]](value, must[1])
        except Unknown as unknown:
            line["reason"] = str(unknown)
        found.append(line)
    return found


def table(results):
    text = ["\n## What heed must reach", "", "| work | what | must | is | | |", "|---|---|---|---|---|---|"]
    for line in lines(results):
        verdict = {True: "met", False: "**not met**", None: ""}[line.get("met")]
        if "reason" in line:
            verdict = "not measured"
        text.append(f"| {line['workload']} | {line['what']} | {line['must']} | {line.get('value', '')} | {verdict} | "
                    f"{line.get('text', line.get('reason'))} |")
    if results["plan"]["quick"]:
        text += ["", "A quick run: these figures say that everything runs, and nothing else."]
    return "\n".join(text)
