// What stands between a TURN server and werift's client: its stream is cut here and ends when it makes no sense, nothing
// that a server says throws out of a socket's event, and every request that repeats has a pace and an end. RFC 8656.
import { isModestStun, readStunError, stunClassOf } from "../../guard/stun-message.ts";
import { TurnFrameSplitter } from "../../guard/turn-frames.ts";
import { REFRESH_AGAIN_MS, refreshPauseMs } from "../../nat/turn-pace.ts";
import { loadWerift, type Receive, type WeriftTurn } from "../werift.ts";
import { ServerAnswerWrong } from "./server-answer.ts";

/** A channel keeps its permission for five minutes (RFC 8656 §12); werift would renew it after eight. */
const CHANNEL_REFRESH_SECONDS = 240;
/** A permission of its own ends after five minutes (RFC 8656 §9); werift would keep it for ever. */
const PERMISSION_REFRESH_MS = 240_000;
/** After a channel or a permission that was refused, the peer of it is not asked for again so long. */
const REFUSED_MS = 5_000;
/** Peers of one allocation that are remembered: more than a file has candidates and strangers are let in. */
const MAX_PEERS = 1_024;
/** RFC 8656 §12: 0x4000 to 0x4fff. One that was refused is not used again. */
const LAST_CHANNEL = 0x4fff;
/** What waits for a server that does not read. What comes on top of it is lost, as on every full path. */
export const MAX_UNSENT_BYTES = 1_048_576;
/** Refusals that a server cannot sign, as it does not know by which key. RFC 8489 §9.2.5. */
const UNAUTHENTICATED = 401;
const STALE_NONCE = 438;

/**
 * Puts the rules before a client that has asked for nothing yet.
 * @returns ends all that it does by itself: its timer, and the requests that wait for an answer, which fail
 */
export function guardTurn(turn: WeriftTurn): () => void {
  turn.channelRefreshTime = CHANNEL_REFRESH_SECONDS;
  const failAll = (error: Error): void => {
    for (const transaction of Object.values(turn.transactions)) transaction.fail(error);
  };
  guardReading(turn, failAll);
  guardSending(turn);
  guardPeers(turn);
  const stopRefreshing = paceRefreshes(turn);
  return () => {
    stopRefreshing();
    failAll(new Error("closed"));
  };
}

function guardReading(turn: WeriftTurn, failAll: (error: Error) => void): void {
  const handleStun = turn.handleSTUNMessage.bind(turn);
  turn.handleSTUNMessage = (message, from) => {
    if (!isModestStun(message)) return;
    if (stunClassOf(message) === "error" && !heedRefusal(turn, message)) return;
    handleStun(message, from);
  };
  const take: Receive = (message, from) => {
    try {
      if (((message[0] ?? 0) & 0xc0) === 0x40) turn.handleChannelData(message);
      else turn.handleSTUNMessage(message, from);
    } catch {
      // What cannot be read is no answer. werift reads some fields that may not be there.
    }
  };
  const socket = turn.transport.stream?.client;
  if (socket === undefined) {
    turn.dataReceived = take;
    return;
  }
  const splitter = new TurnFrameSplitter();
  turn.dataReceived = (chunk, from) => {
    if (socket.destroyed) return;
    const isTurn = splitter.push(chunk, (frame) => {
      take(Buffer.from(frame.buffer, frame.byteOffset, frame.length), from);
    });
    if (isTurn) return;
    failAll(new ServerAnswerWrong("no-frames"));
    socket.destroy();
  };
  // Over a connection that is gone nobody answers any more.
  socket.once("close", () => {
    failAll(new Error("the connection was closed"));
  });
}

/**
 * werift would wait for an answer to be signed that cannot be, until it gives up.
 * @returns whether werift may see it: it takes for granted that an error says which
 */
function heedRefusal(turn: WeriftTurn, message: Buffer): boolean {
  const error = readStunError(message);
  const transaction = error === undefined ? undefined : turn.transactions[error.transactionId];
  if (error === undefined || transaction === undefined) return false;
  if (error.status === undefined) {
    // By UDP somebody else may have sent it, where the server would sign.
    const isOfServer = turn.transport.stream !== undefined || transaction.integrityKey === undefined;
    if (isOfServer) transaction.fail(new ServerAnswerWrong("no-code"));
    return false;
  }
  if (error.status === UNAUTHENTICATED || error.status === STALE_NONCE) transaction.integrityKey = undefined;
  return true;
}

function guardSending(turn: WeriftTurn): void {
  const socket = turn.transport.stream?.client;
  if (socket === undefined) return;
  const send = turn.send.bind(turn);
  turn.send = async (message, to) => {
    if (!socket.destroyed && socket.writableLength <= MAX_UNSENT_BYTES) await send(message, to);
  };
}

/** Channels and permissions are asked for with each datagram to a peer that has none. */
function guardPeers(turn: WeriftTurn): void {
  const askChannel = paced(turn.getChannel.bind(turn));
  turn.getChannel = async (peer) => {
    if (turn.channelNumber > LAST_CHANNEL && !isBound(turn, peer)) throw new Error("no channel is left");
    return await askChannel(peer);
  };
  const grantedMs = new Map<string, number>();
  const askPermission = paced(turn.getPermission.bind(turn));
  turn.getPermission = async (peer) => {
    const [address] = peer;
    const nowMs = performance.now();
    if (nowMs - (grantedMs.get(address) ?? Number.NEGATIVE_INFINITY) < PERMISSION_REFRESH_MS) return;
    delete turn.permissionByAddr[address];
    await askPermission(peer);
    makeRoom(grantedMs);
    grantedMs.set(address, nowMs);
  };
}

/** The oldest makes way. */
function makeRoom(peers: Map<string, number>): void {
  const [oldest] = peers.keys();
  if (peers.size >= MAX_PEERS && oldest !== undefined) peers.delete(oldest);
}

function isBound({ channelByAddr }: WeriftTurn, peer: readonly [string, number]): boolean {
  return Object.hasOwn(channelByAddr, JSON.stringify(peer));
}

type Ask<Answer> = (peer: [string, number]) => Promise<Answer>;

/** The same, but a peer that was refused is not asked for again at once. */
function paced<Answer>(ask: Ask<Answer>): Ask<Answer> {
  const refusedMs = new Map<string, number>();
  return async (peer) => {
    const key = `${peer[0]} ${peer[1]}`;
    const nowMs = performance.now();
    if (nowMs - (refusedMs.get(key) ?? Number.NEGATIVE_INFINITY) < REFUSED_MS) throw new Error("refused before");
    try {
      const answer = await ask(peer);
      refusedMs.delete(key);
      return answer;
    } catch (error) {
      makeRoom(refusedMs);
      refusedMs.set(key, performance.now());
      throw error;
    }
  };
}

/** In the place of werift's own loop, which asks without pause where a lifetime is 0, missing or beyond its timer. */
function paceRefreshes(turn: WeriftTurn): () => void {
  const { classes, Message, methods } = loadWerift();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const refreshAfter = (pauseMs: number): void => {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(() => {
      const request = new Message(methods.REFRESH, classes.REQUEST).setAttribute("LIFETIME", turn.lifetime);
      turn.requestWithRetry(request, turn.server).then(
        ([answer]) => {
          refreshAfter(refreshPauseMs(answer.getAttributeValue("LIFETIME")));
        },
        () => {
          refreshAfter(REFRESH_AGAIN_MS);
        },
      );
    }, pauseMs);
  };
  turn.refresh = (statedSeconds) => {
    refreshAfter(refreshPauseMs(statedSeconds));
  };
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
