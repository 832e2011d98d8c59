// The form of ICE credentials: RFC 8839 §5.4 allows 4 to 256 ice-chars for the ufrag, and 22 to 256 for the password. Exchange
// files, control messages and what is kept of a pairing all carry them.

export const ICE_UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
export const ICE_PWD = /^[A-Za-z0-9+/]{22,256}$/;
