// Judges the documents of the other side for a line: applies the rules of exchange/judge.ts to the history of this
// line, checks the signature, and compares the signer with those of the previous documents.
import type { ExchangeDocument, OwnDocument } from "../exchange/description.ts";
import {
  type ClockDifference,
  clockDifference,
  isOtherAnswer,
  judgeDocument,
  type Verdict,
} from "../exchange/judge.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { formatLocalTime } from "./local-time.ts";
import type { Contact } from "../store/state/contact-book.ts";
import type { People, Recognition } from "./people.ts";
import type { TrustPort } from "./ports.ts";
import { Standing, type StandingState } from "./standing.ts";
import type { UsedOffers } from "./used-offers.ts";

export interface JudgementOptions {
  /** The role of this command. */
  role: "offer" | "answer";
  /** Undefined: nobody is known. */
  people: People | undefined;
  usedOffers: UsedOffers;
  trust: Pick<TrustPort, "isSignedBy">;
  /** Our document is sealed, so theirs must be too. */
  isSealRequired: () => boolean;
  /** Offering side: refuse an offer without our key instead of answering it. */
  refusesForeignOffers: boolean;
  /** Milliseconds since 1970, UTC. */
  nowMs: () => number;
}

const utf8 = new TextEncoder();

export class Judgement {
  readonly #options: JudgementOptions;
  readonly #standing: Standing;
  #own: OwnDocument | undefined;
  /** The document that was accepted last. */
  #taken: ExchangeDocument | undefined;

  constructor(options: JudgementOptions) {
    this.#options = options;
    this.#standing = new Standing(options.people);
  }

  /** Our newest document: theirs has to match it and must not be the same document. */
  setOwn(document: OwnDocument): void {
    this.#own = document;
  }

  /** The requirements that the accepted documents impose on later ones. */
  get standing(): StandingState {
    return this.#standing.state;
  }

  /** Continues from an earlier run. */
  restore(standing: StandingState): void {
    this.#standing.restore(standing);
  }

  /** This person alone can be the other side: documents that they have not signed are refused. */
  await(contact: Pick<Contact, "publicKey" | "name">): void {
    this.#standing.await(contact);
  }

  /** The difference between the other side's clock and ours, as far as a document shows it. */
  clockDifference(document: ExchangeDocument): ClockDifference | undefined {
    return clockDifference(document, this.#own, this.#options.nowMs());
  }

  /** Whether a document is an answer of another run than the one that was accepted last. */
  isOtherAnswer(document: ExchangeDocument): boolean {
    return this.#taken !== undefined && isOtherAnswer(document, this.#taken);
  }

  /** The name under which the signer of a judged document is kept; undefined for a stranger. */
  readonly knownAs = (document: ExchangeDocument): string | undefined => this.#standing.nameOf(document);

  /**
   * @param path - the name of the document in errors
   * @param isFromBefore - it existed before the start
   * @returns what `judgeDocument` returns, or FILE_SIGNATURE_WRONG or FILE_NOT_RECOGNISED
   */
  readonly judge = (document: ExchangeDocument, path: string, isFromBefore: boolean): Verdict => {
    const { signature } = document;
    const { trust } = this.#options;
    if (signature !== undefined && !trust.isSignedBy(signature.key, signature.value, utf8.encode(signature.text))) {
      return new P2pError("FILE_SIGNATURE_WRONG", { path });
    }
    const { role, usedOffers, isSealRequired, refusesForeignOffers, nowMs } = this.#options;
    const verdict = judgeDocument(
      document,
      { role, document: this.#own },
      {
        path,
        nowMs: nowMs(),
        isFromBefore,
        isUsed: (id) => usedOffers.has(id),
        showTime: formatLocalTime,
        isSealRequired: isSealRequired() || this.#standing.isSealRequired,
      },
    );
    if (verdict instanceof P2pError) return verdict;
    if (verdict === "foreign-offer" && refusesForeignOffers) {
      return new P2pError("FILE_WRONG_TYPE", { path, wanted: "answer" });
    }
    return this.#standing.check(document, path) ?? verdict;
  };

  /**
   * Accepts a document: those after it must be as trustworthy.
   * @returns the event about who made it, if any
   * @throws P2pError FILE_SIGNATURE_WRONG
   */
  async take(document: ExchangeDocument, path: string): Promise<Recognition | undefined> {
    this.#taken = document;
    return await this.#standing.take(document, path);
  }
}
