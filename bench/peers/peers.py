#!/usr/bin/env python3
"""Compares heed with the runtimes that people would otherwise use: the same weights, the same work, one core.

Run by `./dev bench peers`. bench/peers/README.md says what is measured and how.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import signal
import sys
import time

import artifacts
import catalogue
import measure
import paths
import report
import required
import roofline
import workloads


def names(text, known, what):
    chosen = text.split(",") if text else list(known)
    for name in chosen:
        if name not in known:
            sys.exit(f"peers: no {what} is called '{name}' (known: {', '.join(known)})")
    return chosen


def machine():
    facts = {"system": platform.platform(), "cpus": len(measure.usable_cpus()), "processor": platform.machine()}
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    fields = {}
    for line in cpuinfo:
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    flags = fields.get("flags", fields.get("Features", "")).split()
    facts["processor"] = fields.get("model name", facts["processor"])
    facts["instructions"] = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "asimddp", "i8mm") if flag in flags]
    facts["load"] = os.getloadavg()[0]
    return facts


def emulated():
    """Whether another processor than the one that uname names carries out the instructions (qemu-user)."""
    foreign = {"aarch64": "vendor_id", "x86_64": "CPU implementer"}.get(platform.machine())
    return foreign is not None and foreign in pathlib.Path("/proc/cpuinfo").read_text()


def say(text, start):
    print(f"peers: {time.monotonic() - start:5.0f} s  {text}", file=sys.stderr, flush=True)


def make(works, peers, start):
    """Environments, models, reference answers and exports, before anything is measured. Whatever fails here is a row's
    reason later."""
    nothing = [(f"a call that does nothing, {peer.title}", lambda p=peer: measure.trivial(p)) for peer in peers]
    for workload in works:
        steps = [("reference", lambda w=workload: artifacts.reference(w))]
        for part, pairs in measure.parts(workload, peers):
            steps += [(f"{part}, {peer.title}, {variant.label}",
                       lambda w=workload, p=part, v=variant: artifacts.export(w, p, v)) for peer, variant in pairs]
        for name, step in nothing + steps:
            begin = time.monotonic()
            try:
                step()
            except artifacts.Failed as error:
                say(f"{workload.name}, {name}: {error}", start)
            else:
                if time.monotonic() - begin > 1:
                    say(f"{workload.name}, {name}: made", start)
        nothing = []


def run(workload, peers, plan):
    """What a workload's table is made from."""
    begin = time.monotonic()
    result = {"title": workload.title, "base": workload.base, "rows": []}
    scans = "encode" in workload.parts
    try:
        reads = [roofline.reads(plan.cpu)] if scans else []
        result["rows"] = (measure.memory if workload.memory else measure.latency)(workload, peers, plan)
        if scans:  # before and after: the faster of the two is what the scan is held against
            reads.append(roofline.reads(plan.cpu))
            rows = artifacts.export(workload, "recommend", next(v for v in catalogue.HEED.variants if v.label == "int8"))
            result["read"] = roofline.of_bytes(reads, artifacts.item_bytes(rows))
    except (artifacts.Failed, roofline.Failed) as error:
        result["reason"] = str(error)
    result["seconds"] = round(time.monotonic() - begin)
    return result


def main():
    parser = argparse.ArgumentParser(prog="./dev bench peers", description=__doc__.split("\n")[0])
    parser.add_argument("--only", metavar="NAME,...", help="these runtimes, and heed")
    parser.add_argument("--workloads", metavar="W1,...", help="these workloads")
    parser.add_argument("--quick", action="store_true", help="few and short rounds: to see that everything runs")
    parser.add_argument("--retry", action="store_true", help="try exports again that failed in earlier runs")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", default=paths.WORK / "results.json",
                        help="where to write everything that was measured (build/peers/results.json)")
    parser.add_argument("--cpu", type=int, help="the core that all workers run on (the last one)")
    arguments = parser.parse_args()
    if emulated():
        sys.exit("peers: this machine is emulated; times would say nothing")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    known = {peer.name: peer for peer in catalogue.PEERS}
    chosen = names(arguments.only, known, "runtime")
    peers = [peer for peer in catalogue.PEERS if peer.name in chosen or peer is catalogue.HEED]
    works = [workloads.WORKLOADS[name] for name in names(arguments.workloads, workloads.WORKLOADS, "workload")]
    cpus = measure.usable_cpus()
    cpu = cpus[-1] if arguments.cpu is None else arguments.cpu
    plan = measure.Plan(cpu, rounds=5, round_seconds=0.02, opens=1) if arguments.quick else measure.Plan(cpu)
    os.environ["HEED_LIBRARY"] = str(paths.LIBRARY)
    if arguments.retry:
        artifacts.forget_failures()
    start = time.monotonic()
    say("environments, models and exports", start)
    make(works, peers, start)
    results = {"date": datetime.date.today().isoformat(), "machine": machine(),
               "plan": dict(plan._asdict(), quick=arguments.quick),
               "peers": {peer.name: {"title": peer.title, "pins": catalogue.versions(peer), "remark": peer.remark}
                         for peer in peers},
               "workloads": {}}
    results["made_seconds"] = round(time.monotonic() - start)
    if len(cpus) > 1:
        os.sched_setaffinity(0, set(cpus) - {cpu})  # nothing of the master's disturbs the workers
    say("calls that do nothing", start)
    results["overhead"] = measure.overheads(peers, plan)
    for workload in works:
        say(f"{workload.name}, {workload.title}", start)
        results["workloads"][workload.name] = run(workload, peers, plan)
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
        print(report.table(workload.name, results), flush=True)
    print(required.table(results))
    print(report.closing(results))
    say(f"done; {arguments.json} has everything", start)


if __name__ == "__main__":
    main()
