// Internal entry point of our command line and screens, beside the public one: it is not in `exports`, so no promise
// covers it. Importing it is cheap: modules that open sockets or files are loaded by the first call that needs them.
import type { FilesOptions } from "./pairing/carriers/files.ts";
import { carriedVia, type Via } from "./pairing/carriers/via.ts";
import type { Line, LineOptions as PairingLineOptions } from "./pairing/line.ts";
import type { MediaRequest, OpenedMedia } from "./pairing/open-media.ts";
import type { LoopbackOptions } from "./pairing/loopback/loopback.ts";
import type { LoopbackReport } from "./pairing/loopback/report.ts";
import type { PairingSettings } from "./pairing/settings.ts";
import { readExpectation } from "./control/verify-string.ts";
import type { P2pError } from "./lib/errors/p2p-error.ts";
import type { InspectReport } from "./exchange/inspect.ts";
import { readSealed } from "./exchange/sealed.ts";
import type { Prediction } from "./lib/nat-summary.ts";
import type { NetworkReport } from "./nat/network-report.ts";
import type { Side } from "./nat/prediction.ts";
import type { ExamineOptions } from "./rtc/doctor/examine.ts";
import type { NamedFileKind } from "./store/exchange/named-document.ts";
import type { Contact } from "./store/state/contact-book.ts";
import type { SpooledFile } from "./store/transfer/spool.ts";
import type { TraceFile } from "./store/trace-file.ts";
import type { UnfinishedTransfer } from "./store/transfer/unfinished-list.ts";
import type { SealKey } from "./trust/age-file.ts";
import type { ContactMeeting } from "./trust/contact-meeting.ts";

export type { BrokerLogin } from "./pairing/carriers/mqtt/broker.ts";
export type { BrokerAddress } from "./pairing/carriers/mqtt/broker-address.ts";
export { parseVia, type Via, type ViaProblem } from "./pairing/carriers/via.ts";
export type { MediaRequest, OpenedMedia } from "./pairing/open-media.ts";
export type { SealOptions } from "./pairing/seal.ts";
export { DEFAULT_CONNECT_TIMEOUT_MS, DEFAULT_WAIT_MS } from "./pairing/settings.ts";
export type { Line } from "./pairing/line.ts";
export { groupedDigits } from "./control/verify-string.ts";
export { worseExit } from "./control/ending.ts";
export type { Promised } from "./control/promises.ts";
export type { ConnectionEnd, TransferStop } from "./lib/errors/params.ts";
export { originOf } from "./lib/errors/error-event.ts";
export { hasShortCode, isShortCode, SHORT_CODE_NAME } from "./exchange/code/code-text.ts";
export { OWN_FILE_NAME, PEER_FILE_NAME } from "./exchange/file-names.ts";
export { DocumentScanner } from "./exchange/document-scanner.ts";
export { mayHoldDocument } from "./exchange/repair/repairs.ts";
export type { InspectedCandidate, InspectRemark, InspectReport } from "./exchange/inspect.ts";
export { formatAddress, MAX_PORT } from "./lib/address.ts";
export { type CodecName, CODECS, isCodec, MAX_MEDIA_TRACKS, type MediaKind } from "./lib/codecs.ts";
export { decodeName, wellFormed } from "./lib/byte-names.ts";
export type { PortRange } from "./lib/errors/params.ts";
export type { Direction, IncomingEntry, MediaDoorEvent, PairKind, ResumableEntry, WindowSize } from "./lib/events.ts";
export type { ConflictPolicy, ConsentPolicy } from "./session/session-types.ts";
export { errorEvent } from "./lib/errors/error-event.ts";
export { toP2pError } from "./lib/errors/p2p-error.ts";
export { formatBytes } from "./lib/format.ts";
export type { NatSummary, Prediction } from "./lib/nat-summary.ts";
export { asTyped, isSubstitution, shellWord } from "./lib/shell-word.ts";
export { displayName } from "./lib/person-names.ts";
export { escapeForDisplay, escapeForPipe, escapeLinesForDisplay } from "./lib/text.ts";
export { baseNames, keptNames } from "./lib/transfer-names.ts";
export { parseRtpPlace, placeAddress, type RtpPlace, type RtpPlaceProblem } from "./media/rtp-place.ts";
export type { NetworkReport } from "./nat/network-report.ts";
export type { LoopbackOptions } from "./pairing/loopback/loopback.ts";
export type { LoopbackReport } from "./pairing/loopback/report.ts";
export { DEFAULT_STUN_SERVERS } from "./nat/stun-servers.ts";
export { type ServerUrlProblem, serverUrlProblem } from "./rtc/server-url.ts";
export type { ExamineOptions } from "./rtc/doctor/examine.ts";
export type { Contact } from "./store/state/contact-book.ts";
export type { SpooledFile } from "./store/transfer/spool.ts";
export type { UnfinishedTransfer } from "./store/transfer/unfinished-list.ts";
export type { TraceFile } from "./store/trace-file.ts";
export type { SealKey } from "./trust/age-file.ts";
export type { ContactMeeting } from "./trust/contact-meeting.ts";
export { isReaderGone } from "./store/file-system.ts";
export { OddFileError, readRegularFileSync } from "./store/regular-file.ts";
export { readIdentityFile, readPassphraseFile } from "./store/secret-file.ts";
export { isWeakPassphrase, makePassphrase } from "./trust/passphrase.ts";

/** A line of the command: its documents are files in a folder, or streams, or travel by `via`. */
export interface LineOptions extends Omit<PairingLineOptions, "carrier" | "place"> {
  files: FilesOptions;
  /** Who carries the documents in the place of a person; then `files` is not used, and no run can resume this one. */
  via?: Via | undefined;
  /** The command always has a state directory. */
  settings: PairingSettings & { stateDir: string };
}

/** Opens a line: pairing, then the session. Never rejects. */
export async function openLine(options: LineOptions): Promise<Line> {
  const { PairingLine } = await import("./pairing/line.ts");
  const { nodeLinePorts } = await import("./pairing/node-ports.ts");
  const { files, settings, via } = options;
  if (via !== undefined) return new PairingLine({ ...options, carrier: carriedVia(via) }, nodeLinePorts);
  const { carriedByFiles } = await import("./pairing/carriers/files.ts");
  const carrier = carriedByFiles(files, settings.stateDir);
  return new PairingLine({ ...options, place: { dir: files.dir }, carrier }, nodeLinePorts);
}

/**
 * Returns when the offer was made that an earlier run in this folder has left, and that still serves.
 * @param files - as for `openLine`; a folder in which another process runs has none
 * @returns milliseconds since 1970, UTC
 * @throws P2pError STATE_UNSAFE, STATE_UNUSABLE
 */
export async function earlierOffer({ dir }: FilesOptions, stateDir: string): Promise<number | undefined> {
  const { FolderLock } = await import("./store/exchange/folder-lock.ts");
  if (await FolderLock.isHeld(dir)) return undefined;
  const { PairingMemory } = await import("./store/state/pairing-memory.ts");
  const memory = await PairingMemory.open(stateDir, "offer", { dir }, Date.now());
  return (await memory.load())?.createdAtMs;
}

/**
 * Whether a text has the form of a value that the other side can show: ten digits, three words, or a SHA-256
 * fingerprint.
 */
export function isVerificationText(text: string): boolean {
  return readExpectation(text) !== undefined;
}

/**
 * Checks the paths of a later `sendFiles` without sending: all exist, are readable, and no two have the same name.
 * @param streamNames - names of the streams that will be sent with them
 * @throws P2pError PATH_MISSING, PATH_UNREADABLE, PATH_NOT_SENT, PATH_DUPLICATE
 */
export async function planPaths(paths: readonly string[], streamNames: readonly string[] = []): Promise<void> {
  await (await import("./store/transfer/send-plan.ts")).checkPaths(paths, streamNames);
}

/**
 * Checks that files can be received into a folder, by making and removing a hidden file there.
 * @throws P2pError OUTPUT_UNUSABLE
 */
export async function checkOutput(dir: string): Promise<void> {
  await (await import("./store/output-probe.ts")).probeOutput(dir);
}

/**
 * Checks that stdin or stdout leads somewhere, where that can be known.
 * @param use - what it is needed for, as on the command line
 * @throws P2pError STREAM_UNUSABLE
 */
export async function checkStream(stream: "stdin" | "stdout", use: string): Promise<void> {
  await (await import("./store/dead-stream.ts")).checkStandardStream(stream, use);
}

/**
 * Opens the file of a trace, with mode 0600, and empties it if it was there.
 * @param onFailed - called at most once, with WRITE_FAILED: nothing more can be written
 * @throws P2pError WRITE_FAILED
 */
export async function openTraceFile(path: string, onFailed: (error: P2pError) => void): Promise<TraceFile> {
  return await (await import("./store/trace-file.ts")).TraceFile.open(path, onFailed);
}

/**
 * Reads a stream to its end so that `sendFiles` can send it, because an offer contains sizes. Until then it is stored
 * in a nameless file in the system's folder for temporary files.
 * @param name - the name under which it is offered: one name, no path
 * @throws P2pError SPOOL_FAILED when there is no room for it, PATH_UNREADABLE when the stream fails
 */
export async function spoolStream(stream: AsyncIterable<Uint8Array>, name: string): Promise<SpooledFile> {
  return await (await import("./store/transfer/spool.ts")).spoolStream(stream, name);
}

/**
 * Opens what a run publishes and records; see pairing/open-media.ts.
 * @throws P2pError where something of it cannot be read, sent as it is, or written
 */
export async function openMedia(request: MediaRequest): Promise<OpenedMedia> {
  return await (await import("./pairing/open-media.ts")).openMedia(request);
}

/**
 * Lists partially received files that a later session can resume.
 * @param stateDir - as in `PeerOptions`
 */
export async function listTransfers(stateDir: string): Promise<UnfinishedTransfer[]> {
  return await (await import("./store/transfer/unfinished-list.ts")).listUnfinished(stateDir);
}

/**
 * Removes a partially received file.
 * @param id - its id, or a prefix of at least four digits
 * @returns the removed file
 * @throws P2pError NO_SUCH_TRANSFER, TRANSFER_IN_USE, WRITE_FAILED
 */
export async function discardTransfer(stateDir: string, id: string): Promise<UnfinishedTransfer> {
  return await (await import("./store/transfer/unfinished-list.ts")).discardUnfinished(stateDir, id);
}

/**
 * Explains an exchange file, even an expired one.
 * @param path - the name of the file in the report and in errors
 * @param nowMs - milliseconds since 1970, UTC
 * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, FILE_SEALED, FILE_SIGNATURE_WRONG
 */
export async function inspectExchangeFile(bytes: Uint8Array, path: string, nowMs: number): Promise<InspectReport> {
  const { inspectSignedFile } = await import("./pairing/people.ts");
  return inspectSignedFile(bytes, path, nowMs);
}

/**
 * Examines what the network of this machine allows: its addresses, how servers see it, which traffic passes. Takes
 * about 5 s at most. It contacts only the given servers.
 * @throws P2pError BIND_FAILED
 */
export async function examineNetwork(options: ExamineOptions): Promise<NetworkReport> {
  return await (await import("./rtc/doctor/examine.ts")).examineNetwork(options);
}

/** Connects two peers on this machine, as `p2p loopback` does. Never rejects. */
export async function testLoopback(options: LoopbackOptions): Promise<LoopbackReport> {
  return await (await import("./pairing/loopback/loopback.ts")).testLoopback(options);
}

/**
 * Predicts from the files of two sides whether they will find a direct path (reason `not-known`: they do not show it).
 * @param ours - our file, and `theirs` the other side's, as `inspectExchangeFile` explains them
 */
export async function predictConnection(ours: InspectReport, theirs: InspectReport): Promise<Prediction> {
  const { predict } = await import("./nat/prediction.ts");
  const side = ({ candidates, p2p }: InspectReport): Side => ({ candidates, nat: p2p?.nat });
  return predict(side(ours), side(theirs));
}

/**
 * Tells a path that may be sent from an exchange file: `document`, one that reads without repair, or a sealed one under
 * our name; `named`, a file that has only the name.
 */
export async function kindOfNamedFile(path: string): Promise<NamedFileKind> {
  return await (await import("./store/exchange/named-document.ts")).kindOfNamedFile(path);
}

/**
 * Reads an exchange file for `inspectExchangeFile`; stops as soon as the file is known to be too large.
 * @param source - a path of a file or a pipe, or a stream such as stdin
 * @param isNamed - false: nobody named the path, so links are not followed and pipes are not read
 * @throws P2pError FILE_MALFORMED when it cannot be read
 */
export async function readExchangeFile(
  source: string | AsyncIterable<Uint8Array>,
  isNamed = true,
): Promise<Uint8Array> {
  return await (await import("./store/exchange/document-file.ts")).readDocument(source, isNamed);
}

/**
 * Returns the other form of a document: of an exchange file its short code, of a code the text of the file.
 * @param path - the name of the document in errors
 * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, FILE_SEALED, FILE_SIGNATURE_WRONG, CODE_IMPOSSIBLE
 */
export async function otherForm(bytes: Uint8Array, path: string): Promise<{ form: "code" | "file"; text: string }> {
  return (await import("./pairing/document-forms.ts")).otherForm(bytes, path);
}

/**
 * Returns the short code of a document, whichever form it has.
 * @param path - the name of the document in errors
 * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, FILE_SEALED, FILE_SIGNATURE_WRONG, CODE_IMPOSSIBLE
 */
export async function shortCodeOf(bytes: Uint8Array, path: string): Promise<string> {
  return (await import("./pairing/document-forms.ts")).shortCodeOf(bytes, path);
}

/** Whether bytes are a sealed exchange file: age's format, armored or not. */
export function isSealedFile(bytes: Uint8Array): boolean {
  return readSealed(bytes) !== undefined;
}

/**
 * Seals a document in age's format.
 * @param by - a passphrase, or age recipients (`age1…`): the owner of any of them can open it
 * @returns armored text
 * @throws RangeError for a text that is not a recipient
 */
export async function sealFile(
  document: string | Uint8Array,
  by: { passphrase: string } | { recipients: readonly string[] },
): Promise<string> {
  const { sealToRecipients, sealWithPassphrase } = await import("./trust/age-file.ts");
  return "passphrase" in by
    ? await sealWithPassphrase(document, by.passphrase)
    : await sealToRecipients(document, by.recipients);
}

/**
 * Opens a sealed exchange file.
 * @param path - the name of the file in errors
 * @throws P2pError FILE_SEALED (the key is of another kind), FILE_WRONG_PASSPHRASE, FILE_SEAL_DAMAGED,
 *   FILE_SEAL_TOO_COSTLY
 */
export async function unsealFile(bytes: Uint8Array, path: string, key: SealKey): Promise<Uint8Array> {
  return await (await import("./trust/age-file.ts")).openSealed(bytes, path, key);
}

/** Whether a text is an age recipient: `age1…`. */
export async function isRecipient(text: string): Promise<boolean> {
  return await (await import("./trust/age-sealing.ts")).isRecipient(text);
}

/** Whether a text is an age identity: `AGE-SECRET-KEY-1…`. */
export async function isIdentity(text: string): Promise<boolean> {
  return await (await import("./trust/age-sealing.ts")).isIdentity(text);
}

/**
 * Writes a file that only this user can read, completely or not at all.
 * @throws P2pError WRITE_FAILED
 */
export async function writePrivateFile(path: string, data: string | Uint8Array): Promise<void> {
  await (await import("./store/atomic-write.ts")).writeFileAtomically(path, data);
}

/** @returns the browser peer, an HTML file @throws P2pError PAGE_MISSING when this installation has none */
export async function readPage(): Promise<Uint8Array> {
  return await (await import("./store/page-file.ts")).readPage();
}

/** @returns SHA-256 in lower-case hex */
export async function pageDigest(page: Uint8Array): Promise<string> {
  return (await import("./store/page-file.ts")).pageDigest(page);
}

/** @returns the licenses of all that is in p2p @throws P2pError LICENSES_MISSING when this installation has none */
export async function readLicenses(): Promise<Uint8Array> {
  return await (await import("./store/licenses.ts")).readLicenses();
}

/** Replaces nothing but a page of ours. @throws P2pError PAGE_NAME_TAKEN, WRITE_FAILED */
export async function writePage(path: string, page: Uint8Array): Promise<void> {
  await (await import("./store/page-file.ts")).writePage(path, page);
}

/** The people whose keys are kept in a state directory, by name. @throws P2pError STATE_UNSAFE, STATE_UNUSABLE */
export async function listContacts(stateDir: string): Promise<Contact[]> {
  return await (await (await import("./pairing/people.ts")).People.open(stateDir)).list();
}

/**
 * The meeting with one of the people whose keys are kept, for `Via`.
 * @param choose - finds the person among them by name; what it throws is thrown
 * @throws P2pError CONTACT_UNUSABLE, SECRET_UNREADABLE, STATE_UNSAFE, STATE_UNUSABLE
 */
export async function meetingWith(
  stateDir: string,
  choose: (contacts: readonly Contact[]) => Contact,
): Promise<ContactMeeting> {
  const people = await (await import("./pairing/people.ts")).People.open(stateDir);
  return await people.meetingWith(choose(await people.list()));
}

/**
 * Lists files of a state directory that should contain a kept person's key but cannot be used.
 * @returns their paths
 * @throws P2pError STATE_UNSAFE, STATE_UNUSABLE
 */
export async function unusableContacts(stateDir: string): Promise<string[]> {
  return await (await (await import("./pairing/people.ts")).People.open(stateDir)).unusable();
}

/** Forgets a person whose long-term key is kept. @throws P2pError STATE_UNSAFE, STATE_UNUSABLE */
export async function removeContact(stateDir: string, contact: Contact): Promise<void> {
  await (await (await import("./pairing/people.ts")).People.open(stateDir)).remove(contact);
}
