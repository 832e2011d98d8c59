// The people this user knows: identifies whose key signed a file, and holds this user's own key, which signs our files
// once somebody could recognise it. Trust begins with a comparison (session/features/contacts.ts), never with a file.
import { decodeExchangeDocument } from "../exchange/codec.ts";
import type { ExchangeDocument, OwnDocument } from "../exchange/description.ts";
import { inspectExchangeFile, type InspectReport } from "../exchange/inspect.ts";
import { signedText } from "../exchange/signed-text.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { PersonEvent } from "../lib/events.ts";
import { displayName, looksLike } from "../lib/person-names.ts";
import { type Contact, ContactBook } from "../store/state/contact-book.ts";
import { ContactMeeting } from "../trust/contact-meeting.ts";
import { generateOwnKey, isSignedBy, type OwnKey, signBytes } from "../trust/signing.ts";

/** Result of checking who made a file. */
export type Recognition = Extract<PersonEvent, { event: "peer-known" | "peer-other-key" | "peer-unsigned" }>;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export class People {
  readonly #book: ContactBook;
  /** Cached result of the latest listing. */
  #known: readonly Contact[] = [];

  private constructor(book: ContactBook) {
    this.#book = book;
  }

  /** @throws P2pError STATE_UNSAFE, STATE_UNUSABLE */
  static async open(stateDir: string): Promise<People> {
    const people = new People(await ContactBook.open(stateDir));
    await people.list();
    return people;
  }

  /** Sorted by name. */
  async list(): Promise<Contact[]> {
    const contacts = await this.#book.list();
    this.#known = contacts;
    return contacts;
  }

  /** @throws P2pError STATE_UNUSABLE */
  async keep(contact: Contact): Promise<void> {
    await this.#book.keep(contact);
  }

  /** Paths of the files in `list` that cannot be used. */
  async unusable(): Promise<string[]> {
    return await this.#book.unusable();
  }

  /** @throws P2pError STATE_UNUSABLE */
  async remove(contact: Contact): Promise<void> {
    await this.#book.remove(contact);
  }

  /** The kept person whose key a document names, as of the latest listing. The caller must check the signature. */
  signerOf({ signature }: ExchangeDocument): Contact | undefined {
    return this.#known.find(({ publicKey }) => publicKey === signature?.key);
  }

  /** This user's own key; created on first use. @throws P2pError STATE_UNUSABLE, SECRET_UNREADABLE */
  async ownKey(): Promise<OwnKey> {
    return (await this.#book.ownKey()) ?? (await this.#book.keepOwnKey(generateOwnKey()));
  }

  /** How this user finds one of the contacts where both can leave something. @throws P2pError CONTACT_UNUSABLE, SECRET_UNREADABLE */
  async meetingWith({ publicKey, name }: Contact): Promise<ContactMeeting> {
    const own = await this.#book.ownKey();
    const meeting = own && (await ContactMeeting.derive(own, { publicKey, name }));
    if (meeting !== undefined) return meeting;
    const whose = own === undefined ? "own" : "theirs";
    throw new P2pError("CONTACT_UNUSABLE", { name: displayName(name), whose });
  }

  /** Signs with this user's own key. @returns its key and the signature, in hex @throws P2pError STATE_UNUSABLE, SECRET_UNREADABLE */
  async sign(bytes: Uint8Array): Promise<{ key: string; signature: string }> {
    const own = await this.ownKey();
    return { key: own.publicKey, signature: signBytes(own, bytes) };
  }

  /** @param key - 64 hex digits @param signature - 128 hex digits */
  isSignedBy(key: string, signature: string, bytes: Uint8Array): boolean {
    return isSignedBy(key, signature, bytes);
  }

  /**
   * The key that signs our files. A signature shows everybody that two files come from one person, so files are
   * unsigned until this user keeps somebody, and again when nobody is left.
   */
  async signingKey(): Promise<OwnKey | undefined> {
    return (await this.list()).length === 0 ? undefined : await this.#book.ownKey();
  }

  /**
   * Identifies who made a file.
   * @param path - the name of the file in errors
   * @returns undefined when nobody is known, so there is nothing to report
   * @throws P2pError FILE_SIGNATURE_WRONG
   */
  async recognise(document: ExchangeDocument, path: string): Promise<Recognition | undefined> {
    checkSignature(document, path);
    const contacts = await this.list();
    const { signature, p2p } = document;
    const known = this.signerOf(document);
    if (known !== undefined) return { event: "peer-known", name: known.name, verifiedAt: known.verifiedAt };
    const claimed = p2p?.name;
    const namesake = contacts.find(({ name, calledThemselves }) =>
      [name, calledThemselves].some((each) => each !== undefined && claimed !== undefined && looksLike(each, claimed)),
    );
    if (namesake === undefined) return undefined;
    const { name, verifiedAt } = namesake;
    return { event: signature === undefined ? "peer-unsigned" : "peer-other-key", name, verifiedAt };
  }
}

/** @throws P2pError FILE_SIGNATURE_WRONG when the document is signed, and not by the key that it names */
export function checkSignature({ signature }: ExchangeDocument, path: string): void {
  if (signature === undefined || isSignedBy(signature.key, signature.value, bytesOf(signature.text))) return;
  throw new P2pError("FILE_SIGNATURE_WRONG", { path });
}

/**
 * Explains an exchange file, and checks its signature.
 * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, FILE_SEALED, FILE_SIGNATURE_WRONG
 */
export function inspectSignedFile(bytes: Uint8Array, path: string, nowMs: number): InspectReport {
  const report = inspectExchangeFile(bytes, path, nowMs);
  const decoding = decodeExchangeDocument(bytes, path);
  if (!decoding.ok || decoding.document.signature === undefined) return report;
  checkSignature(decoding.document, path);
  return { ...report, remarks: [...report.remarks, { remark: "signed", key: decoding.document.signature.key }] };
}

/** Adds a signature to a document of ours. */
export function signDocument(document: OwnDocument, key: OwnKey): OwnDocument {
  const { description, p2p } = document;
  if (p2p === undefined) return document;
  const text = signedText(description, p2p);
  return { ...document, signature: { key: key.publicKey, value: signBytes(key, bytesOf(text)), text } };
}
