"""Faults on the wire: which request is hit, and how the answer is spoilt."""

import json
import re
import socket
import struct
import threading
import time

from .wire import FileSlice, Response, html

BLOCK = 1 << 16
KINDS = (
    "status",
    "cut",
    "stall",
    "drip",
    "flip",
    "truncate",
    "redirect",
    "delay",
    "html",
    "wrong_length",
    "no_length",
    "drop",
)


class Cut(Exception):
    """The connection was broken off on purpose."""


class Fault:
    """One rule: a match, how often it strikes, and the action."""

    def __init__(self, spec):
        match = spec.get("match") or {}
        self.method = match.get("method")
        self.path = re.compile(match.get("path", ""))
        self.headers = {k.lower(): re.compile(v) for k, v in (match.get("headers") or {}).items()}
        self.count = int(spec.get("count", 1))
        self.skip = int(spec.get("skip", 0))
        self.action = spec["action"]
        self.kind = self.action.get("kind") or next((k for k in KINDS if k in self.action), None)
        if self.kind not in KINDS:
            raise ValueError(f"unknown action: {json.dumps(self.action)}")
        self.hits = 0

    def matches(self, request):
        """Does the rule speak of this request?"""
        if self.method and request.method != self.method:
            return False
        if not self.path.search(request.target):
            return False
        return all(pattern.search(request.header(name) or "") for name, pattern in self.headers.items())

    def strikes(self, request):
        """Is this request hit? Counts skip and count down."""
        if self.count == 0 or not self.matches(request):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.count > 0:
            self.count -= 1
        self.hits += 1
        return True

    @property
    def shapes_body(self):
        return self.kind in ("cut", "stall", "drip", "flip", "truncate", "wrong_length", "no_length")

    @property
    def ends(self):
        """Does the connection end with the answer?"""
        return self.kind in ("cut", "stall", "wrong_length", "no_length")

    @property
    def value(self):
        """The number of an action written as {"cut": 100} or {"kind": "cut", "after": 100}."""
        number = self.action.get(self.kind)
        if number is None or isinstance(number, bool):
            number = self.action.get("at", self.action.get("bytes", 0))
        return number

    def length(self, length):
        """The Content-Length to show."""
        if self.kind == "no_length":
            return None
        if self.kind == "truncate":
            return min(length, self.cut_point(length))
        if self.kind == "wrong_length":
            return max(0, length + int(self.value or 1))
        return length

    def cut_point(self, length):
        """A byte offset; negative counts from the end."""
        at = int(self.value)
        return max(0, length + at) if at < 0 else at

    def drop(self, side, headers):
        """Without the headers that a proxy on the way takes away."""
        names = [name.lower() for name in self.action.get("drop", {}).get(side, [])] if self.kind == "drop" else []
        return [(name, value) for name, value in headers if name.lower() not in names]

    def replace(self):
        """An answer in place of the real one, or None."""
        act = self.action
        if self.kind == "status":
            body = act.get("body", "")
            if not isinstance(body, str):
                body = json.dumps(body, separators=(",", ":"))
            if not body and act.get("page", True):
                return html_for(int(act["status"]), act.get("headers"))
            headers = dict(act.get("headers") or {})
            kind = headers.pop(
                "Content-Type", "text/html" if body[:1] == "<" else "application/vnd.cvat+json"
            )
            return Response(int(act["status"]), body.encode(), list(headers.items()), kind)
        if self.kind == "redirect":
            where = act.get("location") or act["redirect"]
            return Response(int(act.get("code", 302)), b"", [("Location", where)], "text/html")
        if self.kind == "html":
            page = (
                act["html"]
                if isinstance(act["html"], str)
                else "<!DOCTYPE html><html><body>Sign in</body></html>"
            )
            return Response(200, page.encode(), kind="text/html; charset=utf-8")
        return None


def html_for(status, headers=None):
    """The page a proxy shows for a status."""
    answer = html(status, f"{status}")
    answer.headers = list((headers or {}).items())
    return answer


class FaultTable:
    """All rules in force."""

    def __init__(self):
        self.lock = threading.Lock()
        self.rules = []

    def add(self, spec):
        rule = Fault(spec)
        with self.lock:
            self.rules.append(rule)
        return rule

    def clear(self):
        with self.lock:
            self.rules = []

    def find(self, request):
        """The first rule that strikes this request."""
        if not self.rules:
            return None
        with self.lock:
            for rule in self.rules:
                if rule.strikes(request):
                    return rule
        return None


def blocks(pieces):
    """The body in blocks."""
    for piece in pieces:
        if isinstance(piece, FileSlice):
            with open(piece.path, "rb") as source:
                source.seek(piece.offset)
                left = piece.length
                while left:
                    block = source.read(min(left, BLOCK))
                    left -= len(block)
                    yield block
        else:
            for start in range(0, len(piece), BLOCK):
                yield piece[start : start + BLOCK]


def shut(sock, how):
    """Ends a connection by FIN, or by RST."""
    if how == "rst":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        try:
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    raise Cut(how)


def deliver(sock, head, answer, fault, entry, head_only):
    """Sends an answer as the fault wants it."""
    kind, act = fault.kind, fault.action
    if kind == "cut" and act.get("where") == "before":
        shut(sock, act.get("with", "fin"))
    sock.sendall(head)
    if head_only:
        return
    limit = None
    if kind in ("cut", "stall", "truncate"):
        limit = fault.cut_point(answer.length)
    position = 0
    for block in blocks(answer.pieces):
        if limit is not None:
            block = block[: max(0, limit - position)]
        if kind == "flip":
            block = flip(block, position, fault.cut_point(answer.length), int(act.get("bit", 0)))
        send_block(sock, block, float(fault.value) if kind == "drip" else 0)
        position += len(block)
        entry["sent"] = position
        if limit is not None and position >= limit:
            break
    if kind == "stall":
        time.sleep(float(act.get("seconds", 30)))
        if act.get("then", "close") == "close":
            shut(sock, act.get("with", "fin"))
    elif kind == "cut":
        shut(sock, act.get("with", "fin"))


def flip(block, position, at, bit):
    """The block with one bit turned when it holds the byte `at`."""
    if position <= at < position + len(block):
        changed = bytearray(block)
        changed[at - position] ^= 1 << bit
        return bytes(changed)
    return block


def send_block(sock, block, rate):
    """A block at once, or at `rate` bytes each second in twenty steps a second."""
    if not rate:
        sock.sendall(block)
        return
    step = max(1, int(rate / 20))
    for start in range(0, len(block), step):
        piece = block[start : start + step]
        sock.sendall(piece)
        time.sleep(len(piece) / rate)
