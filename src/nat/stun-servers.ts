// The public STUN servers that are queried when neither `--stun` nor `--no-stun` is given. Each is named on the
// screen when it is queried: it learns this machine's public address and nothing else.

export const DEFAULT_STUN_SERVERS: readonly string[] = [
  // Xiaomi; reachable in mainland China.
  "stun:stun.miwifi.com:3478",
  // Bilibili; reachable in mainland China.
  "stun:stun.chat.bilibili.com:3478",
  // Cloudflare; anycast, near almost everybody else.
  "stun:stun.cloudflare.com:3478",
  // Google; the one that most WebRTC programs use, blocked in mainland China.
  "stun:stun.l.google.com:19302",
];
