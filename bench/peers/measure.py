"""Measures one workload: workers are started, checked against the reference, then timed in turn, round after round."""
import json
import os
import statistics
import typing

import agreement
import artifacts
import catalogue
import environments
import paths
import protocol
import workloads

OPEN_SECONDS = 300
TIME_SECONDS = 120
ROW_ERRORS = (protocol.PeerError, artifacts.Failed, RuntimeError, OSError)  # they end a row, not the run


class Plan(typing.NamedTuple):
    """How long is measured, and where. `together`: as many workers as fit into memory with the largest model."""
    cpu: int
    rounds: int = 15
    round_seconds: float = 0.08
    opens: int = 3
    together: int = 8


class Row:
    """A variant of a peer at one part of a workload."""

    def __init__(self, peer, variant, part):
        self.peer, self.variant, self.part = peer, variant, part
        self.worker, self.medians = None, []
        self.facts = {"peer": peer.name, "title": peer.title, "label": variant.label, "form": variant.form,
                      "precision": variant.precision, "part": part}

    def fail(self, reason):
        self.facts["reason"] = str(reason)
        self.close()

    def close(self):
        if self.worker:
            self.worker.end()
        self.worker = None


def start(row, workload, plan, file=None):
    """A worker for a row, and the file that it runs: the row's own unless another is given."""
    file = file or artifacts.export(workload, row.part, row.variant)
    row.facts["file_bytes"] = artifacts.size(file)
    python = environments.python(row.peer.environment) if row.peer.environment else "/usr/bin/python3"
    log = paths.WORK / "logs" / f"{workload.name}-{row.part}-{row.peer.name}-{row.variant.label.replace(', ', '-')}.log"
    mode = "append" if row.variant.only == "append" else "whole"
    row.worker = protocol.Worker(python, row.peer.worker, plan.cpu, log.with_name(log.name.replace(" ", "_")),
                                 (str(workloads.K), mode, row.part))
    row.facts.update(row.worker.ask({"do": "hello"}, OPEN_SECONDS))
    return file


def _histories(workload, variant, cases):
    shape = workloads.MODELS[workload.model]
    if variant.form == "padded":
        return [workloads.padded(shape, case["history"]) for case in cases]
    return [case["history"] for case in cases]


def _check(row, cases, histories):
    """Raises Disagrees where the answers are not the reference's."""
    answers = row.worker.ask({"do": "check", "histories": histories}, TIME_SECONDS)["answers"]
    compare = agreement.of_vectors if row.part == "encode" else agreement.of_lists
    row.facts.update(compare(cases, answers, exact=row.variant.precision == "fp32"))


def _prepare(row, workload, plan, cases):
    """Opens and checks; afterwards the row can be timed or has a reason."""
    try:
        file = start(row, workload, plan)
        opened = row.worker.ask({"do": "open", "file": str(file)}, OPEN_SECONDS)
        histories = _histories(workload, row.variant, cases)
        _check(row, cases, histories)
        row.facts["open_nanoseconds"] = opened["nanoseconds"]
        row.request = {"do": "time", "ids": histories[0], "calls": 3, "warm": 2}
        once = min(row.worker.ask(row.request, TIME_SECONDS)["nanoseconds"])
        row.request["calls"] = max(3, min(2000, int(plan.round_seconds * 1e9 / once)))
        row.request["warm"] = max(1, row.request["calls"] // 10)
    except agreement.Disagrees as error:
        row.fail(f"its answers are not the reference's: {error}")
    except ROW_ERRORS as error:
        row.fail(error)


def _rounds(rows, plan):
    for number in range(plan.rounds):
        # Another order in each round, so that none always follows the same one.
        for row in rows[number % len(rows):] + rows[:number % len(rows)]:
            if not row.worker:
                continue
            try:
                row.medians.append(statistics.median(row.worker.ask(row.request, TIME_SECONDS)["nanoseconds"]))
            except protocol.PeerError as error:
                row.fail(error)
    for row in rows:
        if not row.worker:
            continue
        row.facts.update(nanoseconds=statistics.median(row.medians), lowest=min(row.medians),
                         highest=max(row.medians), calls=row.request["calls"], rounds=plan.rounds)
        try:
            row.facts.update(row.worker.ask({"do": "memory"}, TIME_SECONDS))
        except protocol.PeerError as error:
            row.fail(error)


def _batch(pairs, part, workload, plan, cases):
    rows = [Row(peer, variant, part) for peer, variant in pairs]
    for row in rows:
        _prepare(row, workload, plan, cases)
    if any(row.worker for row in rows):
        _rounds(rows, plan)
    for row in rows:
        row.close()
    return _with_ratios([row.facts for row in rows], workload)


def _with_ratios(facts, workload):
    base = next((row["nanoseconds"] for row in facts
                 if row["peer"] == "heed" and row["label"] == workload.base and "nanoseconds" in row), None)
    for row in facts:
        if base and "nanoseconds" in row:
            row["ratio"] = row["nanoseconds"] / base
    return facts


def parts(workload, peers):
    """(part, the forms that are measured of it). Without the items one form of a peer is enough: it takes a hundredth of
    the whole."""
    return [(part, [(peer, variant) for peer, variant in catalogue.forms(workload, peers)
                    if part == "recommend" or peer is catalogue.HEED or variant.label == "fp32"])
            for part in workload.parts]


def latency(workload, peers, plan):
    """The rows of a workload. A large model is measured in batches, heed in each, so that ratios compare what ran
    side by side."""
    cases = json.loads(artifacts.reference(workload).read_text())
    facts = []
    for part, pairs in parts(workload, peers):
        heed = [pair for pair in pairs if pair[0] is catalogue.HEED]
        others = [pair for pair in pairs if pair[0] is not catalogue.HEED]
        large = workloads.large(workloads.MODELS[workload.model])
        step = max(1, plan.together - len(heed) if large else len(others))
        for begin in range(0, max(1, len(others)), step):
            rows = _batch(heed + others[begin:begin + step], part, workload, plan, cases)
            facts += rows if begin == 0 else rows[len(heed):]
    return facts


def memory(workload, peers, plan):
    """Opening in a fresh process, the file in the page cache: time, and memory of the process's own."""
    case = json.loads(artifacts.reference(workload).read_text())[0]
    facts = []
    for peer, variant in catalogue.forms(workload, peers):
        row = Row(peer, variant, "recommend")
        facts.append(row.facts)
        try:
            # Those of heed are short, and held against a bound.
            opens = plan.opens * (5 if peer is catalogue.HEED else 1)
            runs = [_open(row, workload, plan, case) for _ in range(opens)]
        except agreement.Disagrees as error:
            row.fail(f"its answers are not the reference's: {error}")
        except ROW_ERRORS as error:
            row.fail(error)
        else:
            for name in runs[0]:
                row.facts[name] = statistics.median(run[name] for run in runs)
            times = [run["nanoseconds"] for run in runs]
            row.facts.update(lowest=min(times), highest=max(times))
    return _with_ratios(facts, workload)


def _open(row, workload, plan, case):
    """What one opening took."""
    file = start(row, workload, plan)
    for part in artifacts.files(file):  # into the page cache
        with open(part, "rb") as data:
            while data.read(1 << 24):
                pass
    opened = row.worker.ask({"do": "open", "file": str(file)}, OPEN_SECONDS)
    ids = _histories(workload, row.variant, [case])
    first = row.worker.ask({"do": "first", "ids": ids[0]}, TIME_SECONDS)
    _check(row, [case], ids)
    after = row.worker.ask({"do": "memory"}, TIME_SECONDS)
    row.close()
    row.facts["libraries"] = after.pop("libraries")
    return {**opened, "first_nanoseconds": first["nanoseconds"], "called_bytes": first["private_bytes"],
            "process_bytes": after["private_bytes"], "peak_bytes": after["peak_bytes"], "threads": after["threads"]}


def trivial(peer):
    """The file with a graph that does nothing; heed needs none."""
    variant = next(variant for variant in peer.variants if variant.label == "fp32")
    return artifacts.export(workloads.WORKLOADS["W1"], "trivial", variant, form="trivial")


def overheads(peers, plan):
    """Nanoseconds of a call that does next to nothing, through the same Python binding: {peer: nanoseconds or reason}."""
    found = {}
    for peer in peers:
        row = Row(peer, next(v for v in peer.variants if v.label == "fp32"), "recommend")
        try:
            file = start(row, workloads.WORKLOADS["W1"], plan, trivial(peer))
            times = row.worker.ask({"do": "overhead", "file": str(file), "calls": 2000}, TIME_SECONDS)["nanoseconds"]
            found[peer.name] = {"nanoseconds": statistics.median(times)}
        except ROW_ERRORS as error:
            found[peer.name] = {"reason": str(error)}
        row.close()
    return found


def usable_cpus():
    return sorted(os.sched_getaffinity(0))
