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
import sys
import time

import artifacts
import catalogue
import measure
import paths
import report
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


def main():
    parser = argparse.ArgumentParser(prog="./dev bench peers", description=__doc__.split("\n")[0])
    parser.add_argument("--only", metavar="NAME,...", help="these runtimes, and heed")
    parser.add_argument("--workloads", metavar="W1,...", help="these workloads")
    parser.add_argument("--quick", action="store_true", help="few and short rounds: to see that everything runs")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--cpu", type=int, help="the core that all workers run on (the last one)")
    arguments = parser.parse_args()
    if emulated():
        sys.exit("peers: this machine is emulated; times would say nothing")
    known = {peer.name: peer for peer in catalogue.PEERS}
    chosen = names(arguments.only, known, "runtime")
    peers = [peer for peer in catalogue.PEERS if peer.name in chosen or peer is catalogue.HEED]
    works = [workloads.WORKLOADS[name] for name in names(arguments.workloads, workloads.WORKLOADS, "workload")]
    cpus = measure.usable_cpus()
    cpu = cpus[-1] if arguments.cpu is None else arguments.cpu
    plan = measure.Plan(cpu, rounds=5, round_seconds=0.02, opens=1) if arguments.quick else measure.Plan(cpu)
    os.environ["HEED_LIBRARY"] = str(paths.LIBRARY)
    results = {"date": datetime.date.today().isoformat(), "machine": machine(), "plan": plan._asdict(),
               "peers": {peer.name: {"title": peer.title, "pins": catalogue.versions(peer), "remark": peer.remark}
                         for peer in peers},
               "workloads": {}}
    if len(cpus) > 1:
        os.sched_setaffinity(0, set(cpus) - {cpu})  # nothing of the master's disturbs the workers
    start = time.monotonic()
    results["overhead"] = measure.overheads(workloads.WORKLOADS["W1"], peers, plan)
    for workload in works:
        print(f"peers: {workload.name}, {workload.title} ({time.monotonic() - start:.0f} s)", file=sys.stderr, flush=True)
        run = measure.memory if workload.memory else measure.latency
        try:
            rows = run(workload, peers, plan)
        except artifacts.Failed as error:
            sys.exit(f"peers: the models could not be made: {error}")
        results["workloads"][workload.name] = {"title": workload.title, "rows": rows}
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=1) + "\n")
        print(report.table(workload.name, results), flush=True)
    print(report.closing(results))


if __name__ == "__main__":
    main()
