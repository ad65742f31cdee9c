#!/usr/bin/env python3
"""Cut the demo's shop out of the Online Retail data.

Reads online-retail.item and online-retail.inter (README.md describes both) and writes next to
this script what the repository keeps of them:

  products.tsv      every product: item_id, title
  interactions.txt  every customer with at least 5 purchases, one line each: the customer, then the
                    products bought in time order; the last one is the test target

Takes a few seconds and needs nothing beyond Python's standard library.
"""

import argparse
import csv
import os
from pathlib import Path

MIN_EVENTS = 5


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """Declares --data, which falls back to the environment variable HEED_REAL_DATA."""
    default = os.environ.get("HEED_REAL_DATA")
    parser.add_argument("--data", type=Path, metavar="DIR", default=default, required=not default,
                        help="folder with online-retail.inter and online-retail.item "
                             "(default: $HEED_REAL_DATA)")


def read_histories(data: Path) -> dict[int, list[int]]:
    """Returns customer -> products in time order, for customers with at least MIN_EVENTS.

    A basket has one timestamp; its products keep the order of the invoice, as the sort is stable.
    """
    events: dict[int, list[tuple[float, int]]] = {}
    with open(data / "online-retail.inter", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            event = (float(row["timestamp:float"]), int(row["item_id:token"]))
            events.setdefault(int(row["user_id:token"]), []).append(event)
    return {
        user: [item for _, item in sorted(events[user], key=lambda event: event[0])]
        for user in sorted(events)
        if len(events[user]) >= MIN_EVENTS
    }


def read_titles(data: Path) -> list[str]:
    """Returns the titles of products 1, 2, 3...: runs of spaces become one, final . and , go."""
    titles: list[str] = []
    with open(data / "online-retail.item", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if int(row["item_id:token"]) != len(titles) + 1:
                raise ValueError(f"product {row['item_id:token']} is out of order")
            titles.append(" ".join(row["title:token_seq"].split()).rstrip(" .,"))
    return titles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_argument(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path(__file__).parent,
                        help="where to write (default: this script's folder)")
    args = parser.parse_args()

    with open(args.out / "products.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.write("item_id\ttitle\n")
        for item, title in enumerate(read_titles(args.data), start=1):
            file.write(f"{item}\t{title}\n")

    with open(args.out / "interactions.txt", "w", encoding="utf-8", newline="\n") as file:
        for user, items in read_histories(args.data).items():
            file.write(f"{user} {' '.join(map(str, items))}\n")


if __name__ == "__main__":
    main()
