#!/usr/bin/env python3
"""Replays recorded exchanges of real servers against the stand-in and compares what comes back.

Compared: status; the headers of HEADERS, numbers and ids blotted out; the body: error bodies word for word,
JSON answers by their keys at every depth and the kind of their values, files by content type only. What
cannot be replayed is listed with the reason (exchange_cases.py). Ends with 0 only when nothing differed.
"""

import argparse
import glob
import json
import os
import sys

import exchange_cases
from exchange_player import DATA, Player, samples

from cvat.main import Standin, parse  # the player has set the path


def play_file(path, case, pieces):
    """Replays a file on a fresh server; the numbers of what was judged and skipped."""
    with open(path, encoding="utf-8") as source:
        exchanges = json.load(source)["exchanges"]
    family = "A" if os.path.basename(path).startswith("A-") else "D"
    server = Standin(parse(["--family", family, *case.get("options", [])])).start()
    player = Player(case, server.port, pieces)
    judged, skipped = 0, []
    try:
        for order in case.get("setup", ()):
            player.prepare(order)
        for number, exchange in enumerate(exchanges):
            reason = case.get("skip", {}).get(number)
            if "path" not in (exchange.get("request") or {}):
                reason = "no request in the recording"
            reason = reason or player.play(number, exchange)
            if reason:
                skipped.append((number, reason))
            else:
                judged += 1
    finally:
        server.stop()
    return judged, skipped, player.differences


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", help="numbers of exchange files, e.g. 01 A-03; default: all")
    parser.add_argument("--quiet", action="store_true", help="do not list what was skipped")
    options = parser.parse_args()
    pieces = samples()
    total = bad = left = 0
    for path in sorted(glob.glob(os.path.join(DATA, "exchanges", "*.json"))):
        name = os.path.basename(path)
        number = name[:4] if name.startswith("A-") else name[:2]
        if options.files and number not in options.files:
            continue
        reason = exchange_cases.NOT_REPLAYED.get(number)
        if reason:
            print(f"{name}: not replayed: {reason}")
            continue
        judged, skipped, differences = play_file(path, exchange_cases.CASES.get(number, {}), pieces)
        total, bad, left = total + judged, bad + len(differences), left + len(skipped)
        print(f"{name}: {judged} judged, {len(skipped)} skipped, {len(differences)} differences", flush=True)
        for difference in differences:
            print(f"    DIFFERS {difference}")
        for where, why in [] if options.quiet else skipped:
            print(f"    skipped {where}: {why}")
    print(f"exchanges: {total} judged, {left} skipped, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
