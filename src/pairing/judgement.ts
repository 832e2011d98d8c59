// What a document of the other side is worth to a line: the rules of exchange/judge.ts with what this line has done so far,
// its signature, and who has signed those before it.
import type { ExchangeDocument, OwnDocument } from "../exchange/description.ts";
import { judgeDocument, type Verdict } from "../exchange/judge.ts";
import { P2pError, toP2pError } from "../lib/errors/p2p-error.ts";
import { checkSignature, type People, type Recognition } from "./people.ts";
import { Standing } from "./standing.ts";
import type { UsedOffers } from "./used-offers.ts";

export interface JudgementOptions {
  /** The command that we run. */
  role: "offer" | "answer";
  /** Undefined: nobody is known. */
  people: People | undefined;
  usedOffers: UsedOffers;
  /** Our document is sealed, so theirs has to be. */
  isSealRequired: () => boolean;
  /** Offering side: an offer without our key is refused, in place of being answered. */
  refusesForeignOffers: boolean;
  /** Milliseconds since 1970, UTC. */
  nowMs: () => number;
}

export class Judgement {
  readonly #options: JudgementOptions;
  readonly #standing: Standing;
  #own: OwnDocument | undefined;

  constructor(options: JudgementOptions) {
    this.#options = options;
    this.#standing = new Standing(options.people);
  }

  /** Our newest document: theirs has to fit it, and is not it. */
  setOwn(document: OwnDocument): void {
    this.#own = document;
  }

  /** Under which name the signer of a judged document is kept; undefined for nobody known. */
  readonly knownAs = (document: ExchangeDocument): string | undefined => this.#standing.nameOf(document);

  /**
   * @param path - what errors call the document
   * @param isFromBefore - it was there before the start
   * @returns FILE_SIGNATURE_WRONG and FILE_NOT_RECOGNISED beside what `judgeDocument` finds
   */
  readonly judge = (document: ExchangeDocument, path: string, isFromBefore: boolean): Verdict => {
    try {
      checkSignature(document, path);
    } catch (error) {
      return toP2pError(error);
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
   * A document is taken: those after it have to be as good.
   * @returns what there is to say of who made it
   * @throws P2pError FILE_SIGNATURE_WRONG
   */
  async take(document: ExchangeDocument, path: string): Promise<Recognition | undefined> {
    return await this.#standing.take(document, path);
  }
}
