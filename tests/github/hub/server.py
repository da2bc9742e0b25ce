"""The listener of the CVAT stand-in, with chunked answers and GitHub's name."""

import email.utils

from cvat.server import Server as Listener

from .answers import Stream


class Server(Listener):
    """Sends answers of unknown length in chunks, and the date of the world's clock."""

    def head(self, request, answer, keep, fault):
        head = Listener.head(request, answer, keep, fault).replace(b"Server: nginx", b"Server: github.com", 1)
        if isinstance(answer, Stream):
            head = head.replace(b"Connection: close\r\n", b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n", 1)
        world = self.application.world
        if world.clock_shift:
            start = head.index(b"Date: ")
            date = b"Date: " + email.utils.formatdate(world.now(), usegmt=True).encode()
            head = head[:start] + date + head[head.index(b"\r\n", start) :]
        return head

    def send(self, sock, request, answer, fault, keep, entry):
        if not isinstance(answer, Stream):
            return super().send(sock, request, answer, fault, keep, entry)
        try:
            sock.sendall(self.head(request, answer, keep, fault))
            if request.method != "HEAD":
                for block in answer.blocks:
                    sock.sendall(b"%x\r\n" % len(block) + block + b"\r\n")
                    entry["sent"] += len(block)
                sock.sendall(b"0\r\n\r\n")
        finally:
            answer.finish()
        return keep
