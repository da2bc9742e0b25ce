#!/usr/bin/env python3
"""A TCP proxy that breaks connections: forwards a port to a target, cuts, stalls, drips.

  chaos_proxy.py --target HOST:PORT [--port 0] [--port-file F] [--control-file F] [RULE…]

A rule is DIRECTION:ACTION[:BYTES[:EXTRA]]; DIRECTION is up (client to target) or down. ACTION:
  cut:N[:fin|rst]     break both sides off after N bytes (default fin)
  stall:N[:SECONDS]   hand on nothing more after N bytes, for SECONDS (default for ever)
  drip:RATE           RATE bytes each second
  refuse              close at once on connect (direction does not matter)
Rules apply to every connection; `--connections N` limits them to the first N, `--skip M` spares the first M.
While the proxy runs, the control file holds the port of a line protocol on loopback: `rules RULE…`,
`clear`, `stats` (one JSON line back), so that a test can change its mind.
"""

import argparse
import json
import os
import signal
import socket
import struct
import sys
import threading
import time


class Rule:
    """One parsed rule."""

    def __init__(self, words):
        parts = words.split(":")
        if parts[0] == "refuse":
            parts = ["down", "refuse"]
        self.direction, self.action = parts[0], parts[1]
        if self.direction not in ("up", "down") or self.action not in ("cut", "stall", "drip", "refuse"):
            raise ValueError(f"bad rule: {words}")
        self.bytes = int(parts[2]) if len(parts) > 2 else 0
        self.extra = parts[3] if len(parts) > 3 else ""


class Ends(tuple):
    """The two sockets of a pair, and whether a rule has struck them."""

    struck = False


class Proxy:
    """The listener and what it has seen."""

    def __init__(self, target, rules, connections, skip):
        self.target = target
        self.rules = rules
        self.connections = connections
        self.skip = skip
        self.stats = {"connections": 0, "up": 0, "down": 0, "struck": 0}

    def rules_now(self):
        """The rules for the connection that has just come."""
        number = self.stats["connections"]
        if number <= self.skip or (self.connections and number > self.skip + self.connections):
            return []
        return list(self.rules)

    def serve(self, listener):
        while True:
            client, _ = listener.accept()
            self.stats["connections"] += 1
            threading.Thread(target=self.pair, args=(client, self.rules_now()), daemon=True).start()

    def pair(self, client, rules):
        """Joins a client to the target."""
        if any(r.action == "refuse" for r in rules):
            self.stats["struck"] += 1
            close(client, "rst")
            return
        try:
            server = socket.create_connection(self.target)
        except OSError:
            client.close()
            return
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ends = Ends((client, server))
        up = threading.Thread(target=self.pump, args=(client, server, "up", rules, ends), daemon=True)
        up.start()
        self.pump(server, client, "down", rules, ends)
        up.join()
        for sock in ends:
            sock.close()

    def pump(self, source, sink, direction, rules, ends):
        """One direction until its end."""
        rule = next((r for r in rules if r.direction == direction), None)
        count = 0
        try:
            while data := source.recv(1 << 16):
                room = len(data)
                if rule and rule.action in ("cut", "stall"):
                    room = min(room, rule.bytes - count)
                if room > 0:
                    self.push(sink, data[:room], rule)
                    count += room
                    self.stats[direction] += room
                if rule and rule.action in ("cut", "stall") and count >= rule.bytes:
                    self.strike(rule, ends)
            if not ends.struck:
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def push(self, sink, data, rule):
        """Hands bytes on, slowly under a drip rule."""
        if not rule or rule.action != "drip":
            sink.sendall(data)
            return
        step = max(1, rule.bytes // 20)
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            sink.sendall(piece)
            time.sleep(len(piece) / rule.bytes)

    def strike(self, rule, ends):
        """Cuts or stalls; ends the pump by an exception."""
        self.stats["struck"] += 1
        if rule.action == "stall":
            time.sleep(float(rule.extra or 1e6))
        ends.struck = True
        for sock in ends:
            close(sock, rule.extra if rule.action == "cut" else "fin")
        raise OSError("struck")


def close(sock, how):
    """FIN, or RST."""
    try:
        if how == "rst":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # A read that is under way in the other thread would keep the socket open,
            # and no RST would go out.
            sock.shutdown(socket.SHUT_RD)
            sock.close()
        else:
            sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def control(proxy, listener):
    """The line protocol."""
    while True:
        link, _ = listener.accept()
        with link, link.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                words = line.split()
                answer = {"ok": True}
                try:
                    if words[:1] == ["rules"]:
                        proxy.rules = [Rule(w) for w in words[1:]]
                    elif words == ["clear"]:
                        proxy.rules = []
                    elif words == ["stats"]:
                        answer = proxy.stats
                    else:
                        answer = {"error": "rules RULE… | clear | stats"}
                except ValueError as error:
                    answer = {"error": str(error)}
                lines.write(json.dumps(answer) + "\n")
                lines.flush()


def write_port(path, port):
    if path:
        with open(f"{path}.tmp", "w", encoding="ascii") as out:
            out.write(f"{port}\n")
        os.replace(f"{path}.tmp", path)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file")
    parser.add_argument("--control-file")
    parser.add_argument("--connections", type=int, default=0)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("rule", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    host, _, port = options.target.rpartition(":")
    proxy = Proxy(
        (host or "127.0.0.1", int(port)), [Rule(r) for r in options.rule], options.connections, options.skip
    )
    if options.control_file:
        orders = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=control, args=(proxy, orders), daemon=True).start()
        write_port(options.control_file, orders.getsockname()[1])
    listener = socket.create_server(("127.0.0.1", options.port), backlog=128)
    write_port(options.port_file, listener.getsockname()[1])
    print(listener.getsockname()[1], flush=True)
    proxy.serve(listener)
    return 0


if __name__ == "__main__":
    sys.exit(main())
