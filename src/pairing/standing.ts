// Continuity of the other side's files within a line, and from a run to the one that resumes it. Once a file signed by
// a known person, or a sealed one, is accepted, its replacement must be as trustworthy: the person has read on the
// screen who the peer is, and a carrier must not substitute somebody else unseen.
import type { ExchangeDocument } from "../exchange/description.ts";
import { isSealed } from "../exchange/judge.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { displayName } from "../lib/person-names.ts";
import type { Contact } from "../store/state/contact-book.ts";
import type { People, Recognition } from "./people.ts";

/** The requirements that the accepted files impose on later ones; stored with the pairing. */
export interface StandingState {
  /** The known person who signed the accepted file: the key, 64 hex digits, and the name under which it is kept. */
  recognised?: Pick<Contact, "publicKey" | "name"> | undefined;
  /** A sealed file was accepted. */
  isSealed: boolean;
}

/** Requirements that the accepted files of the other side impose on later ones. */
export class Standing {
  readonly #people: People | undefined;
  /** The signer of the accepted file. */
  #recognised: Pick<Contact, "publicKey" | "name"> | undefined;
  #isSealed = false;
  /** The signer was named before any file came. */
  #isAwaited = false;

  /** @param people - undefined: nobody is known */
  constructor(people: People | undefined) {
    this.#people = people;
  }

  get state(): StandingState {
    return { recognised: this.#recognised, isSealed: this.#isSealed };
  }

  /** Continues from an earlier run: what it has accepted binds this one. */
  restore({ recognised, isSealed }: StandingState): void {
    this.#recognised = recognised;
    this.#isSealed = isSealed;
  }

  /** This person alone can be the other side. */
  await(contact: Pick<Contact, "publicKey" | "name">): void {
    this.#recognised = contact;
    this.#isAwaited = true;
  }

  /** A sealed file was accepted: anybody could have made an open one. */
  get isSealRequired(): boolean {
    return this.#isSealed;
  }

  /**
   * The name under which the signer of a document is kept; undefined for a stranger. The caller must check the
   * signature.
   */
  nameOf(document: ExchangeDocument): string | undefined {
    return this.#people?.signerOf(document)?.name;
  }

  /**
   * Checks whether a document may replace the accepted one.
   * @param path - the name of the file in the error
   * @returns FILE_NOT_RECOGNISED when the person who signed the accepted document, or is awaited, has not signed this one
   */
  check(document: ExchangeDocument, path: string): P2pError | undefined {
    const before = this.#recognised;
    if (before === undefined || document.signature?.key === before.publicKey) return undefined;
    const params = { path, name: displayName(before.name) };
    return new P2pError("FILE_NOT_RECOGNISED", this.#isAwaited ? { ...params, isAwaited: true } : params);
  }

  /**
   * Accepts a document.
   * @returns the event about who made it, if any
   * @throws P2pError FILE_SIGNATURE_WRONG
   */
  async take(document: ExchangeDocument, path: string): Promise<Recognition | undefined> {
    const recognition = await this.#people?.recognise(document, path);
    const signer = this.#people?.signerOf(document);
    if (recognition?.event === "peer-known" && signer !== undefined) {
      this.#recognised = { publicKey: signer.publicKey, name: signer.name };
    }
    if (isSealed(document)) this.#isSealed = true;
    return recognition;
  }
}
