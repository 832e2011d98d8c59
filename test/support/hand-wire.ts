// A connection to an MQTT broker that is a test: it reads the packets of the client, and answers what the test says.
import { Duplex } from "node:stream";
import mqtt, { type Packet } from "mqtt-packet";

/** Answers a packet of the client; what is returned together arrives together. */
export type Reply = (packet: Packet) => Packet[];

export class HandWire extends Duplex {
  /** The packets of the client. */
  readonly seen: Packet[] = [];
  /** True: it takes nothing more from the client. */
  isStalled = false;
  readonly #parser = mqtt.parser({ protocolVersion: 5 });

  constructor(reply: Reply) {
    super();
    this.#parser.on("packet", (packet) => {
      this.seen.push(packet);
      this.say(...reply(packet));
    });
    setImmediate(() => this.emit("connect"));
  }

  /** Sends packets to the client, in one chunk. */
  say(...packets: Packet[]): void {
    if (packets.length > 0)
      this.push(Buffer.concat(packets.map((each) => mqtt.generate(each, { protocolVersion: 5 }))));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.isStalled) return;
    this.#parser.parse(chunk);
    done();
  }
}
