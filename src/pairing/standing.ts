// Whose file a line goes on with. Once a file of somebody known, or a sealed one, has been taken, what takes its place has
// to be as good: the person has read on the screen who is there, and a carrier must not put somebody else there unseen.
import type { ExchangeDocument } from "../exchange/description.ts";
import { isSealed } from "../exchange/judge.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { displayName } from "../lib/person-names.ts";
import type { Contact } from "../store/state/contact-book.ts";
import type { People, Recognition } from "./people.ts";

/** What the files of the other side that were taken so far oblige later ones to. */
export class Standing {
  readonly #people: People | undefined;
  /** Who has signed the file that was taken. */
  #recognised: Contact | undefined;
  #isSealed = false;

  /** @param people - undefined: nobody is known */
  constructor(people: People | undefined) {
    this.#people = people;
  }

  /** A sealed file was taken: an open one could be of anybody. */
  get isSealRequired(): boolean {
    return this.#isSealed;
  }

  /** Under which name the signer of a document is kept; undefined for nobody known. The signature must be checked. */
  nameOf(document: ExchangeDocument): string | undefined {
    return this.#people?.signerOf(document)?.name;
  }

  /**
   * Whether a document may take the place of the one that was taken before.
   * @param path - what the error calls the file
   * @returns FILE_NOT_RECOGNISED where somebody known has signed the one before, and not this one
   */
  check(document: ExchangeDocument, path: string): P2pError | undefined {
    const before = this.#recognised;
    if (before === undefined || document.signature?.key === before.publicKey) return undefined;
    return new P2pError("FILE_NOT_RECOGNISED", { path, name: displayName(before.name) });
  }

  /**
   * A document is taken.
   * @returns what there is to say of who made it
   * @throws P2pError FILE_SIGNATURE_WRONG
   */
  async take(document: ExchangeDocument, path: string): Promise<Recognition | undefined> {
    const recognition = await this.#people?.recognise(document, path);
    if (recognition?.notice === "peer-known") this.#recognised = this.#people?.signerOf(document);
    if (isSealed(document)) this.#isSealed = true;
    return recognition;
  }
}
