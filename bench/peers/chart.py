#!/usr/bin/env python3
"""Draws a bar chart of results: chart.py RESULTS.json CHART.svg [--workloads W1,...]

One group a workload, in it the fastest form of each runtime at fp32 and at int8, on a logarithmic scale. The colours
follow the reader's light or dark setting.
"""
import argparse
import html
import json
import math
import pathlib

import report

WIDTH, LEFT, RIGHT = 860, 190, 110
BAR, GAP, GROUP = 16, 4, 46

STYLE = """
  .back { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600; font-size: 13px }
  .grid { stroke: #d0d7de } .small { fill: #59636e; font-size: 11px }
  .peer { fill: #8c959f } .heed { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .small { fill: #9198a1 }
    .peer { fill: #6e7681 } .heed { fill: #4493f8 }
  }"""


def groups(results, chosen):
    """(title, [(label, nanoseconds, whether heed)]) of each workload, the fastest first."""
    for name, work in results["workloads"].items():
        if chosen and name not in chosen:
            continue
        rows = [row for row in work["rows"] if row["part"] == "recommend"]
        bars = [(f"{row['title']}, {row['precision']}", row["nanoseconds"], row["peer"] == "heed")
                for row in (rows[index] for index in report.best(rows))]
        if bars:
            yield f"{name}: {work['title']}", sorted(bars, key=lambda bar: bar[1])


def draw(results, chosen=()):
    found = list(groups(results, chosen))
    times = [time for _, bars in found for _, time, _ in bars]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    high = max(high, low + 1)
    place = lambda time: LEFT + (math.log10(time) - low) / (high - low) * (WIDTH - LEFT - RIGHT)
    body, y = [], 20
    for title, bars in found:
        body.append(f'<text class="title" x="12" y="{y + 4}">{html.escape(title)}</text>')
        y += 16
        top = y
        for label, time, ours in bars:
            body.append(f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{html.escape(label)}</text>')
            body.append(f'<rect class="{"heed" if ours else "peer"}" x="{LEFT}" y="{y}" '
                        f'width="{max(1, place(time) - LEFT):.1f}" height="{BAR}" rx="2"/>')
            body.append(f'<text class="small" x="{place(time) + 6:.1f}" y="{y + 12}">{report.duration(time)}</text>')
            y += BAR + GAP
        for power in range(low, high + 1):
            x = place(10 ** power)
            body.insert(0, f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{y}"/>')
            body.append(f'<text class="small" x="{x:.1f}" y="{y + 12}" text-anchor="middle">{report.tick(10 ** power)}</text>')
        y += GROUP
    note = f"{results['date']}, {results['machine']['processor']}, one thread; logarithmic scale, shorter is better"
    body.append(f'<text class="small" x="12" y="{y}">{html.escape(note)}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 12}" width="{WIDTH}" role="img" '
            f'aria-label="Times of heed and other runtimes">\n<style>{STYLE}\n</style>\n'
            f'<rect class="back" width="100%" height="100%"/>\n' + "\n".join(body) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("chart", type=pathlib.Path)
    parser.add_argument("--workloads", default="")
    arguments = parser.parse_args()
    results = json.loads(arguments.results.read_text())
    arguments.chart.write_text(draw(results, [name for name in arguments.workloads.split(",") if name]))


if __name__ == "__main__":
    main()
