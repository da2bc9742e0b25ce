"""A relay that makes a server on loopback look far away: every byte, and the first word of a connection, takes its time."""

import asyncio
import threading


class Delay:
    """Relays a port of its own to `port`; a round trip takes `seconds` longer. Runs on a thread."""

    def __init__(self, port, seconds):
        self.backend, self.half = port, seconds / 2
        self.loop = asyncio.new_event_loop()
        self.stopped = threading.Event()
        ready = threading.Event()
        threading.Thread(target=self.run, args=(ready,), daemon=True).start()
        ready.wait(10)

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()
        ending = asyncio.all_tasks(self.loop)  # connections that are just closing
        for task in ending:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*ending, return_exceptions=True))
        self.stopped.set()

    async def serve(self, reader, writer):
        await asyncio.sleep(2 * self.half)  # the handshake of TCP: a round trip before the first byte
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.backend)
        await asyncio.gather(self.pump(reader, far_writer), self.pump(far_reader, writer))

    async def pump(self, reader, writer):
        """Bytes leave as long after they came as a byte is on its way; none waits for the one before it."""
        while data := await reader.read(1 << 16):
            self.loop.call_later(self.half, self.pass_on, writer, data)
        self.loop.call_later(self.half, self.end, writer)

    @staticmethod
    def pass_on(writer, data):
        if not writer.is_closing():
            writer.write(data)

    @staticmethod
    def end(writer):
        if not writer.is_closing():
            writer.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.stopped.wait(10)
