#!/usr/bin/env python3
"""Draws a bar chart of results: chart.py RESULTS.json CHART.svg [--workloads W1,...]

One group a workload, in it heed at int8 and at fp32, the fastest form of each other runtime, and the padded export in
ONNX Runtime. Each group has a scale of its own, from zero: a bar of twice the length is twice the time.
"""
import argparse
import html
import json
import pathlib

import report

WIDTH, LEFT, RIGHT = 860, 216, 150  # of the picture, of what stands before the bars and after them; pixels
BAR, GAP, GROUP = 16, 4, 34

STYLE = """
  .back { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600; font-size: 13px }
  .axis { stroke: #8c959f } .small { fill: #59636e; font-size: 11px } .peer { fill: #afb8c1 } .heed { fill: #0969da }"""


def bars(work):
    """(label, row) of what a workload shows, the fastest first."""
    rows = [row for row in work["rows"] if row["part"] == "recommend" and "nanoseconds" in row]
    best = sorted((rows[index] for index in report.best(rows)), key=lambda row: row["nanoseconds"])
    peers = {}
    for row in best:
        if row["peer"] != "heed":
            peers.setdefault(row["peer"], row)
    ours = [row for row in (rows if work["base"] == "int8, one plane" else best) if row["peer"] == "heed"]
    shown = [(f"{row['title']}, {row['label']}", row) for row in (*ours, *peers.values())]
    shown += [(f"{row['title']}, fp32 padded", row) for row in rows
              if row["peer"] == "onnxruntime" and row["form"] == "padded"]
    return sorted(shown, key=lambda bar: bar[1]["nanoseconds"])


def _group(name, work, y):
    """Lines of SVG, and where the next group begins."""
    shown = bars(work)
    body = [f'<text class="title" x="12" y="{y + 4}">{html.escape(name)}: {html.escape(work["title"])}</text>']
    y += 16
    longest = max(row["nanoseconds"] for _, row in shown)
    for label, row in shown:
        length = max(1, row["nanoseconds"] / longest * (WIDTH - LEFT - RIGHT))
        text = report.duration(row["nanoseconds"])
        if "ratio" in row and row["label"] != work["base"]:
            text += f" ({row['ratio']:.1f}x)" if row["ratio"] < 100 else f" ({row['ratio']:,.0f}x)"
        body += [f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{html.escape(label)}</text>',
                 f'<rect class="{"heed" if row["peer"] == "heed" else "peer"}" x="{LEFT}" y="{y}" width="{length:.1f}" '
                 f'height="{BAR}"/>',
                 f'<text class="small" x="{LEFT + length + 6:.1f}" y="{y + 12}">{text}</text>']
        y += BAR + GAP
    body.append(f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="{y - len(shown) * (BAR + GAP) - 2}" y2="{y - GAP + 2}"/>')
    return body, y + GROUP


def draw(results, chosen=()):
    body, y = [], 20
    for name, work in results["workloads"].items():
        if bars(work) and (not chosen or name in chosen):
            lines, y = _group(name, work, y)
            body += lines
    notes = [f"{results['date']}, {results['machine']['processor']}, one thread. Shorter is better; each group has its own "
             "scale, from zero.",
             "In brackets: times what heed takes at int8. Each runtime with its fastest form."]
    if results["plan"]["quick"]:
        notes.append("A quick run, not for citing.")
    for note in notes:
        body.append(f'<text class="small" x="12" y="{y}">{html.escape(note)}</text>')
        y += 16
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" role="img" '
            f'aria-label="Times of heed and other runtimes">\n<style>{STYLE}\n</style>\n'
            f'<rect class="back" width="100%" height="100%"/>\n' + "\n".join(body) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("chart", type=pathlib.Path)
    parser.add_argument("--workloads", default="")
    arguments = parser.parse_args()
    results = json.loads(arguments.results.read_text())
    arguments.chart.write_text(draw(results, [name for name in arguments.workloads.split(",") if name]))


if __name__ == "__main__":
    main()
