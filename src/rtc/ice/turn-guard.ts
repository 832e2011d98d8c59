// Guards werift's client against a TURN server: its stream is split here and closed when it is malformed, nothing that
// a server says throws out of a socket's event, and every repeated request has a pace and an end. RFC 8656.
import { isModestStun, readStunError, stunClassOf } from "../../guard/stun-message.ts";
import { TurnFrameSplitter } from "../../guard/turn-frames.ts";
import { REFRESH_AGAIN_MS, refreshPauseMs } from "../../nat/turn-pace.ts";
import { loadWerift, type Receive, type WeriftTurn } from "../werift.ts";
import { ServerAnswerWrong } from "./server-answer.ts";

/** A channel's permission lasts five minutes (RFC 8656 §12); werift would renew it after eight. */
const CHANNEL_REFRESH_SECONDS = 240;
/** A separate permission expires after five minutes (RFC 8656 §9); werift would keep it forever. */
const PERMISSION_REFRESH_MS = 240_000;
/** How long no channel or permission is requested for a peer after a refusal. */
const REFUSED_MS = 5_000;
/**
 * Peers of one allocation that are remembered: more than the candidates of a file and the strangers let in together.
 */
const MAX_PEERS = 1_024;
/** RFC 8656 §12: 0x4000 to 0x4fff. A channel that was refused is not used again. */
const LAST_CHANNEL = 0x4fff;
/** Limit of data that waits for a server that does not read. Data beyond it is lost, as on every full path. */
export const MAX_UNSENT_BYTES = 1_048_576;
/** Errors that a server cannot sign, because it does not know the key. RFC 8489 §9.2.5. */
const UNAUTHENTICATED = 401;
const STALE_NONCE = 438;

/**
 * Applies the rules to a client that has not requested anything yet.
 * @returns a function that ends all that the client does by itself: its timer, and the pending requests, which fail
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
      // An unreadable message is no answer. werift reads some fields that may be missing.
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
  // Once its connection is gone, no server answers any more.
  socket.once("close", () => {
    failAll(new Error("the connection was closed"));
  });
}

/**
 * Handles an error response. werift would wait until it gives up for a signed answer that cannot be signed.
 * @returns whether werift may see it: werift assumes that every error has a code
 */
function heedRefusal(turn: WeriftTurn, message: Buffer): boolean {
  const error = readStunError(message);
  const transaction = error === undefined ? undefined : turn.transactions[error.transactionId];
  if (error === undefined || transaction === undefined) return false;
  if (error.status === undefined) {
    // Over UDP somebody else may have sent it, where the server would sign.
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

/** Channels and permissions are requested with each datagram to a peer that has none. */
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

/** Evicts the oldest peer when the limit is reached. */
function makeRoom(peers: Map<string, number>): void {
  const [oldest] = peers.keys();
  if (peers.size >= MAX_PEERS && oldest !== undefined) peers.delete(oldest);
}

function isBound({ channelByAddr }: WeriftTurn, peer: readonly [string, number]): boolean {
  return Object.hasOwn(channelByAddr, JSON.stringify(peer));
}

type Ask<Answer> = (peer: [string, number]) => Promise<Answer>;

/** Wraps a request so that a peer that was refused is not asked for again at once. */
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

/** Replaces werift's own loop, which refreshes without pause where a lifetime is 0, missing or beyond its timer. */
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
