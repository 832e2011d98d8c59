"""A WebRTC program that knows nothing of p2p, on GStreamer's webrtcbin: w3c-peer.mjs in Python.

It takes commands on stdin and answers on stdout, one JSON object a line each: {"do": NAME, "with": VALUE} is answered
with {"result": VALUE} or {"error": TEXT}. It stays on loopback.
"""

import hashlib
import json
import os
import random
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

ADDRESS = "127.0.0.1"
HIGH_WATER_BYTES = 1_000_000
POLL_SECONDS = 0.005


def summary(data):
    return f"{len(data)} {hashlib.sha256(data).hexdigest()}"


def pour(channel, byte_count, message_bytes):
    raw = random.Random(byte_count).randbytes(byte_count)
    for offset in range(0, byte_count, message_bytes):
        while channel.get_property("buffered-amount") > HIGH_WATER_BYTES:
            time.sleep(POLL_SECONDS)
        channel.emit("send-data", GLib.Bytes.new(raw[offset : offset + message_bytes]))
    channel.emit("send-string", summary(raw))


# What it sends; a picture can be asked for as a key frame, and comes as one each second.
SOURCES = {
    "audio": "audiotestsrc is-live=true wave=sine ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=111",
    "video": "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=25/1 ! videoconvert"
    " ! vp8enc deadline=1 keyframe-max-dist=25 ! rtpvp8pay pt=96",
}
CAPS = {
    "audio": "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111",
    "video": "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96",
}
DEPAYLOADERS = {"audio": "rtpopusdepay", "video": "rtpvp8depay"}


class Peer:
    def __init__(self):
        self.bin = Gst.ElementFactory.make("webrtcbin", None)
        if self.bin is None:
            raise SystemExit("webrtcbin is missing")
        pipeline = Gst.Pipeline.new()
        pipeline.add(self.bin)
        # Otherwise each section has a transport of its own.
        self.bin.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.bin.connect("on-data-channel", lambda _, channel: self.respond(channel))
        # Each reading of this property takes a reference away from the agent, so that it is read once and kept.
        agent = self.bin.get_property("ice-agent")
        agent.emit("add-local-ip-address", ADDRESS)
        pipeline.set_state(Gst.State.PLAYING)
        self.pipeline = pipeline
        self.bin.connect("pad-added", self.count)
        self.counts = {"audio": 0, "video": 0}
        self.closed = 0
        # Nothing else holds what this process refers to only by callbacks.
        self.kept = [pipeline, agent]

    def respond(self, channel):
        """What each channel does is told by its label, as in w3c-peer.mjs."""
        self.kept.append(channel)
        label = channel.get_property("label")
        sunk = []

        def say(text):
            channel.emit("send-string", text)

        def on_text(_, text):
            text = text or ""
            if label == "measure":
                say(f"text {summary(text.encode())}")
            elif label == "make":
                kind, size = text.split(" ")
                if kind == "text":
                    say("x" * int(size))
                else:
                    channel.emit("send-data", GLib.Bytes.new(b"x" * int(size)))
            elif label == "sink":
                say(summary(b"".join(sunk)))
                sunk.clear()
            elif label == "source":
                threading.Thread(target=pour, args=(channel, *map(int, text.split(" "))), daemon=True).start()
            elif text == "close":
                channel.emit("close")
            else:
                say(f"echo {text}")

        def on_data(_, data):
            raw = data.get_data() if data is not None else b""
            if label == "sink":
                sunk.append(raw)
            elif label == "measure":
                say(f"binary {summary(raw)}")

        def count(_):
            self.closed += 1

        channel.connect("on-message-string", on_text)
        channel.connect("on-message-data", on_data)
        channel.connect("on-close", count)

    def count(self, _, pad):
        """Counts the frames that come, by their depayloader."""
        if pad.direction != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_value("media")
        depayloader = Gst.ElementFactory.make(DEPAYLOADERS[kind], None)
        sink = Gst.ElementFactory.make("fakesink", None)
        sink.set_property("sync", False)
        sink.set_property("signal-handoffs", True)

        def take(*_):
            self.counts[kind] += 1

        sink.connect("handoff", take)
        for element in (depayloader, sink):
            self.pipeline.add(element)
            element.sync_state_with_parent()
        depayloader.link(sink)
        pad.link(depayloader.get_static_pad("sink"))

    def do_publish(self, _):
        for kind, text in SOURCES.items():
            source = Gst.parse_bin_from_description(f"{text} ! capsfilter caps={CAPS[kind]}", True)
            self.pipeline.add(source)
            source.link(self.bin)
            source.sync_state_with_parent()

    def do_take(self, _):
        for caps in CAPS.values():
            self.bin.emit(
                "add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(caps)
            )

    def do_received(self, _):
        return self.counts

    def ask(self, signal, *values):
        """Emits a signal that takes a promise, and waits for its reply."""
        promise = Gst.Promise.new()
        self.bin.emit(signal, *values, promise)
        promise.wait()
        reply = promise.get_reply()
        self.kept.append((promise, reply))
        if reply is not None and reply.has_field("error"):
            raise RuntimeError(str(reply.get_value("error")))
        return reply

    def take(self, description):
        _, message = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(description["sdp"].encode(), message)
        kind = GstWebRTC.WebRTCSDPType.OFFER if description["type"] == "offer" else GstWebRTC.WebRTCSDPType.ANSWER
        self.ask("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(kind, message))

    def describe(self, description):
        self.ask("set-local-description", description)
        while self.bin.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            time.sleep(POLL_SECONDS)
        local = self.bin.get_property("local-description")
        kind = "offer" if local.type == GstWebRTC.WebRTCSDPType.OFFER else "answer"
        return {"type": kind, "sdp": local.sdp.as_text()}

    def do_offer(self, what):
        if what != "media":
            self.respond(self.bin.emit("create-data-channel", "chat", None))
        return self.describe(self.ask("create-offer", None).get_value("offer"))

    def do_answer(self, offer):
        self.take(offer)
        return self.describe(self.ask("create-answer", None).get_value("answer"))

    def do_accept(self, answer):
        self.take(answer)

    def do_open(self, count):
        for index in range(count):
            self.respond(self.bin.emit("create-data-channel", f"theirs {index}", None))

    def do_closedCount(self, _):
        return self.closed


def main():
    Gst.init(None)
    peer = Peer()
    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            reply = {"result": getattr(peer, f"do_{command['do']}")(command.get("with"))}
        except Exception as error:  # whatever it is, the test has to hear of it
            reply = {"error": repr(error)}
        print(json.dumps(reply), flush=True)
    os._exit(0)


main()
