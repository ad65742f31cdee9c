"""Results as Markdown tables."""


def duration(nanoseconds):
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.1f} us"
    return f"{nanoseconds / 1e6:.2f} ms" if nanoseconds < 1e9 else f"{nanoseconds / 1e9:.2f} s"


def size(count):
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count:.0f} B"


def _agreement(row):
    if "overlap" in row:
        return f"{row['overlap']:.3f}" if row["precision"] == "int8" else "the same"
    return f"{row['vector_error']:.0e}" if "vector_error" in row else ""


def best(rows):
    """Where the fastest lean row of each runtime and precision stands among `rows`."""
    found = {}
    for index, row in enumerate(rows):
        if row["form"] != "lean" or "nanoseconds" not in row:
            continue
        key = (row["peer"], row["precision"])
        if key not in found or row["nanoseconds"] < rows[found[key]]["nanoseconds"]:
            found[key] = index
    return set(found.values())


def table(name, results):
    work = results["workloads"][name]
    lines = [f"\n## {name}: {work['title']}"]
    if "reason" in work:
        lines += ["", f"Not whole: {work['reason']}"]
    for part in dict.fromkeys(row["part"] for row in work["rows"]):
        rows = [row for row in work["rows"] if row["part"] == part]
        if part == "encode":
            lines += ["", "The user vector alone, without the items:"]
        opened = any("called_bytes" in row for row in rows)
        lines += [""] + (_memory_rows(rows, work["base"]) if opened else _latency_rows(rows, work["base"]))
    if any(row["part"] == "encode" for row in work["rows"]):
        lines += ["", "The scan, that is the whole less the user vector:", ""] + _scan_rows(work)
    return "\n".join(lines)


def _lines(columns, rows, cells):
    """A table; a row without a time has its reason in place of one. `columns`: those after runtime and form."""
    lines = [f"| runtime | form | {' | '.join(columns)} |", "|---" * (len(columns) + 2) + "|"]
    for index, row in enumerate(rows):
        values = cells(index, row) if "nanoseconds" in row else [row["reason"].replace("|", "\\|")] + [""] * (len(columns) - 1)
        lines.append(f"| {row['title']} | {row['label']} | {' | '.join(values)} |")
    return lines


def _ratio(row):
    return f"{row['ratio']:.2f}" if "ratio" in row else ""


def _latency_rows(rows, base):
    marked = best(rows)

    def cells(index, row):
        time = duration(row["nanoseconds"])
        return [f"**{time}**" if index in marked else time, f"{duration(row['lowest'])} - {duration(row['highest'])}",
                _ratio(row), _agreement(row), size(row["file_bytes"]), size(sum(row["libraries"].values())),
                duration(row["open_nanoseconds"]), size(row["peak_bytes"]), str(row["threads"])]

    return _lines(["time", "rounds from - to", f"/ heed {base}", "top-ten overlap", "file", "library", "open",
                   "peak memory", "threads"], rows, cells)


def _memory_rows(rows, base):
    def cells(_, row):
        return [duration(row["nanoseconds"]), f"{duration(row['lowest'])} - {duration(row['highest'])}", _ratio(row),
                duration(row["first_nanoseconds"]), size(row["private_bytes"]), size(row["called_bytes"]),
                size(row["arena_bytes"]) if "arena_bytes" in row else "", size(row["process_bytes"]),
                size(row["peak_bytes"]), size(row["file_bytes"]), str(row["threads"])]

    return _lines(["open", "from - to", f"/ heed {base}", "first call", "private memory by opening", "and a call",
                   "of it, the arena", "of the process", "peak of the process", "file", "threads"], rows, cells)


def _scan_rows(work):
    encode = {(row["peer"], row["label"]): row["nanoseconds"] for row in work["rows"]
              if row["part"] == "encode" and "nanoseconds" in row}
    scans = [(row, row["nanoseconds"] - encode[row["peer"], row["label"]]) for row in work["rows"]
             if row["part"] == "recommend" and "nanoseconds" in row and (row["peer"], row["label"]) in encode]
    lines = ["| runtime | form | time |", "|---|---|---|"]
    lines += [f"| {row['title']} | {row['label']} | {duration(scan)} |" for row, scan in scans]
    if "read" in work:
        read = work["read"]
        lines.append(f"| the roofline | reading the {size(read['bytes'])} of heed's int8 rows, at the {read['gbs']:.1f} GB/s "
                     f"of its {read['where']} | {duration(read['nanoseconds'])} |")
    return lines


def closing(results):
    """What one needs to know to judge the tables."""
    machine = results["machine"]
    plan = results["plan"]
    lines = ["\n## How this was measured", "",
             f"{results['date']}, {machine['processor']}, {machine['cpus']} cores, {' '.join(machine['instructions'])}, "
             f"{machine['system']}; load at the start {machine['load']:.1f}.",
             f"One thread on core {plan['cpu']}; {plan['rounds']} rounds in turn over all workers; the median of the "
             "rounds' medians, and the lowest and highest of those. Bold: the best form of a runtime and precision.",
             "Seconds: " + ", ".join([f"files {results['made_seconds']}"] + [
                 f"{name} {work['seconds']}" for name, work in results["workloads"].items()]) + ".", "",
             "| runtime | version | settings | a call that does nothing |", "|---|---|---|---|"]
    for name, peer in results["peers"].items():
        rows = [row for work in results["workloads"].values() for row in work["rows"]
                if row["peer"] == name and "version" in row]
        overhead = results["overhead"].get(name, {})
        nothing = duration(overhead["nanoseconds"]) if "nanoseconds" in overhead else overhead.get("reason", "")
        version, settings = (rows[0]["version"], rows[0]["settings"]) if rows else ("", "")
        remark = f"; {peer['remark']}" if peer["remark"] else ""
        lines.append(f"| {peer['title']} | {version} | {settings}{remark} | {nothing} |")
    return "\n".join(lines)
