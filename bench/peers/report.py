"""Results as Markdown tables."""



def duration(nanoseconds):
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.1f} us"
    return f"{nanoseconds / 1e6:.2f} ms" if nanoseconds < 1e9 else f"{nanoseconds / 1e9:.2f} s"


def tick(nanoseconds):
    """A power of ten, short."""
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if nanoseconds >= factor:
            return f"{nanoseconds / factor:.0f} {unit}"
    return f"{nanoseconds} ns"


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
    memory = all("part" in row and "process_bytes" in row or "reason" in row for row in work["rows"])
    lines = [f"\n## {name}: {work['title']}"]
    for part in dict.fromkeys(row["part"] for row in work["rows"]):
        rows = [row for row in work["rows"] if row["part"] == part]
        if part == "encode":
            lines += ["", "The user vector alone, without the items:"]
        lines += [""] + (_memory_rows(rows) if memory else _latency_rows(rows))
    if any(row["part"] == "encode" for row in work["rows"]):
        lines += ["", "The scan, that is the whole less the user vector:", ""] + _scan_rows(work["rows"])
    return "\n".join(lines)


def _latency_rows(rows):
    marked = best(rows)
    lines = ["| runtime | form | time | rounds from - to | / heed int8 | top-ten overlap | file | library | open | peak memory |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for index, row in enumerate(rows):
        head = f"| {row['title']} | {row['label']} | "
        if "nanoseconds" not in row:
            lines.append(head + f"{row['reason']} | | | | | | | |")
            continue
        time = duration(row["nanoseconds"])
        lines.append(head + " | ".join([
            f"**{time}**" if index in marked else time, f"{duration(row['lowest'])} - {duration(row['highest'])}",
            f"{row['ratio']:.2f}" if "ratio" in row else "", _agreement(row), size(row["file_bytes"]),
            size(sum(row["libraries"].values())), duration(row["open_nanoseconds"]), size(row["peak_bytes"])]) + " |")
    return lines


def _memory_rows(rows):
    lines = ["| runtime | form | open | from - to | / heed int8 | private memory by opening | of the process after a call "
             "| peak of the process | file |", "|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        head = f"| {row['title']} | {row['label']} | "
        if "nanoseconds" not in row:
            lines.append(head + f"{row['reason']} | | | | | | |")
            continue
        lines.append(head + " | ".join([
            duration(row["nanoseconds"]), f"{duration(row['lowest'])} - {duration(row['highest'])}",
            f"{row['ratio']:.1f}" if "ratio" in row else "", size(row["private_bytes"]), size(row["process_bytes"]),
            size(row["peak_bytes"]), size(row["file_bytes"])]) + " |")
    return lines


def _scan_rows(rows):
    encode = {(row["peer"], row["label"]): row["nanoseconds"] for row in rows
              if row["part"] == "encode" and "nanoseconds" in row}
    scans = [(row, row["nanoseconds"] - encode[row["peer"], row["label"]]) for row in rows
             if row["part"] == "recommend" and "nanoseconds" in row and (row["peer"], row["label"]) in encode]
    base = next((scan for row, scan in scans if row["peer"] == "heed"), None)
    lines = ["| runtime | form | time | / heed int8 |", "|---|---|---|---|"]
    for row, scan in scans:
        lines.append(f"| {row['title']} | {row['label']} | {duration(scan)} | {scan / base:.2f} |")
    return lines


def closing(results):
    """What one needs to know to judge the tables."""
    machine = results["machine"]
    plan = results["plan"]
    lines = ["\n## How this was measured", "",
             f"{results['date']}, {machine['processor']}, {machine['cpus']} cores, {' '.join(machine['instructions'])}, "
             f"{machine['system']}; load at the start {machine['load']:.1f}.",
             f"One thread on core {plan['cpu']}; {plan['rounds']} rounds in turn over all workers; the median of the "
             "rounds' medians, and the lowest and highest of those. Bold: the best form of a runtime and precision.", "",
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
