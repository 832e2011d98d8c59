// The shape of an error's words in the catalogue.

export interface ErrorText<P> {
  message: (p: P) => string;
  hint: (p: P) => string;
}

/** Binds message and hint to the same parameters. */
export const text = <P>(message: (p: P) => string, hint: (p: P) => string): ErrorText<P> => ({ message, hint });
