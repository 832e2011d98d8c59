"""A WebRTC program that knows nothing of p2p, on aiortc: w3c-peer.mjs in Python.

It takes commands on stdin and answers on stdout, one JSON object a line each: {"do": NAME, "with": VALUE} is answered
with {"result": VALUE} or {"error": TEXT}.
"""

import asyncio
import hashlib
import json
import random
import sys

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack

HIGH_WATER_BYTES = 1_000_000


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Peer:
    def __init__(self):
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.on("datachannel", self.respond)
        self.connection.on("track", self.count)
        self.counts = {"audio": 0, "video": 0}
        self.closed = 0
        self.sunk = []
        self.tasks = set()

    def respond(self, channel):
        """What each channel does is told by its label, as in w3c-peer.mjs."""
        answer = getattr(self, f"on_{channel.label}", None)

        def take(data):
            if answer is not None:
                answer(channel, data)
            elif data == "close":
                channel.close()
            else:
                channel.send(f"echo {data}")

        def count():
            self.closed += 1

        channel.on("message", take)
        channel.on("close", count)

    def on_measure(self, channel, data):
        kind = "text" if isinstance(data, str) else "binary"
        raw = data.encode() if isinstance(data, str) else data
        channel.send(f"{kind} {len(raw)} {sha256(raw)}")

    def on_make(self, channel, data):
        kind, size = data.split(" ")
        channel.send("x" * int(size) if kind == "text" else b"x" * int(size))

    def on_sink(self, channel, data):
        if isinstance(data, bytes):
            self.sunk.append(data)
            return
        raw = b"".join(self.sunk)
        self.sunk = []
        channel.send(f"{len(raw)} {sha256(raw)}")

    def on_source(self, channel, data):
        byte_count, message_bytes = map(int, data.split(" "))
        task = asyncio.ensure_future(self.pour(channel, byte_count, message_bytes))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def pour(self, channel, byte_count, message_bytes):
        raw = random.Random(byte_count).randbytes(byte_count)
        for offset in range(0, byte_count, message_bytes):
            while channel.bufferedAmount > HIGH_WATER_BYTES:
                await asyncio.sleep(0.002)
            channel.send(raw[offset : offset + message_bytes])
        channel.send(f"{byte_count} {sha256(raw)}")

    def count(self, track):
        async def run():
            try:
                while True:
                    await track.recv()
                    self.counts[track.kind] += 1
            except MediaStreamError:
                pass

        task = asyncio.ensure_future(run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def do_publish(self, _):
        for track in (AudioStreamTrack(), VideoStreamTrack()):
            self.connection.addTrack(track)

    async def do_take(self, _):
        for kind in self.counts:
            self.connection.addTransceiver(kind, direction="recvonly")

    async def do_received(self, _):
        """Decoded frames of each kind; a frame of sound has 20 ms."""
        return self.counts

    async def describe(self, description):
        await self.connection.setLocalDescription(description)
        local = self.connection.localDescription
        return {"type": local.type, "sdp": local.sdp}

    async def do_offer(self, what):
        if what != "media":
            self.respond(self.connection.createDataChannel("chat"))
        return await self.describe(await self.connection.createOffer())

    async def do_answer(self, offer):
        await self.connection.setRemoteDescription(RTCSessionDescription(**offer))
        return await self.describe(await self.connection.createAnswer())

    async def do_accept(self, answer):
        await self.connection.setRemoteDescription(RTCSessionDescription(**answer))

    async def do_open(self, count):
        for index in range(count):
            self.respond(self.connection.createDataChannel(f"theirs {index}"))

    async def do_closedCount(self, _):
        return self.closed

    async def do_close(self, _):
        await self.connection.close()


async def main():
    peer = Peer()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        try:
            reply = {"result": await getattr(peer, f"do_{command['do']}")(command.get("with"))}
        except Exception as error:  # whatever it is, the test has to hear of it
            reply = {"error": repr(error)}
        print(json.dumps(reply), flush=True)


asyncio.run(main())
