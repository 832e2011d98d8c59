// Sending before the transfer: what is planned counts, streams are closed in any case, and a session that ends meanwhile
// proposes nothing.
import { describe, expect, test } from "vitest";
import { NOTHING_PROMISED, PromiseLedger } from "../../../../src/control/promises.ts";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import type { FilePort, SendPlan, SpooledFile } from "../../../../src/session/ports.ts";
import { FileSending, type FileSendingHost } from "../../../../src/session/transfers/file-sending.ts";
import type { TransferSession } from "../../../../src/session/transfers/transfers.ts";

const PLAN = { names: ["f"] } as unknown as SendPlan;

function open(change: Partial<FileSendingHost> = {}) {
  const log: string[] = [];
  const promises = new PromiseLedger(NOTHING_PROMISED);
  const files = { plan: () => Promise.resolve(PLAN) } as unknown as FilePort;
  const session = {
    send: (plan: SendPlan) => {
      log.push(`send ${plan.names.join()}`);
      return Promise.resolve("done");
    },
  } as unknown as TransferSession;
  const sending: FileSending = new FileSending({
    files,
    transfers: () => session,
    untilReleased: () => Promise.resolve(),
    isOpen: () => true,
    promises,
    report: ({ code }) => log.push(code),
    onChange: () => log.push(`planned ${sending.plannedCount}`),
    ...change,
  });
  const stream: SpooledFile = { name: "-", bytes: 0, close: () => Promise.resolve(void log.push("closed")) };
  return { sending, stream, log, promises };
}

describe("files that are sent", () => {
  test("are planned, proposed, and their streams closed", async () => {
    const { sending, stream, log } = open();
    const sent = sending.send(["f", stream]);
    expect(sending.plannedCount).toBe(1);
    expect(await sent).toBe("done");
    expect(log).toEqual(["send f", "planned 0", "closed"]);
  });

  test("wait for the release, and are not proposed when the session is over by then", async () => {
    let isOpen = true;
    const { sending, stream, log } = open({
      isOpen: () => isOpen,
      untilReleased: () => {
        isOpen = false;
        return Promise.resolve();
      },
    });
    expect(await sending.send([stream])).toBe("failed");
    expect(log).toEqual(["planned 0", "closed"]);
  });

  test("to a peer that takes none are an error that is told", async () => {
    const { sending, stream, log } = open({ transfers: () => undefined });
    expect(await sending.send([stream])).toBe("failed");
    expect(log).toEqual(["PEER_CANNOT_TAKE_FILES", "closed"]);
  });

  test("that cannot be planned reject, and streams are closed", async () => {
    const error = new P2pError("PATH_MISSING", { path: "f" });
    const files = { plan: () => Promise.reject(error) } as unknown as FilePort;
    const { sending, stream, log } = open({ files });
    await expect(sending.send(["f", stream])).rejects.toBe(error);
    expect(log).toEqual(["planned 0", "closed"]);
  });
});
