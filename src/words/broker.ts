// Texts about a broker on which two sides meet (`--via mqtt://…`): whether the other one is there, and how far it is.

/** At which broker, and which part this side plays. */
export interface AtBroker {
  /** The address of the broker. */
  url: string;
  isAnswering: boolean;
  /** The one person who can be the other side; undefined: who has the passphrase. */
  to?: string | undefined;
}

const en = {
  waiting: ({ url, isAnswering, to }: AtBroker) =>
    to !== undefined
      ? `${to} is not at ${url}: run 'p2p ${isAnswering ? "offer" : "answer"} --via ${url} --to NAME' on the other side, NAME being the name under which ${to} keeps you`
      : isAnswering
        ? `nobody with this passphrase is at ${url}: compare it with the other side, or run 'p2p offer --via ${url}' there`
        : `the offer waits at ${url}: run 'p2p answer --via ${url}' on the other side, and type the passphrase there`,
  present: (): string => "the other side is there",
  delivered: ({ isAnswering }: AtBroker): string =>
    isAnswering ? "the other side has the answer" : "the other side has the offer",
  lost: ({ url, isAnswering }: AtBroker) =>
    `the connection to ${url} is lost and made again; until then the other side can connect only if it has the ${isAnswering ? "answer" : "offer"} already`,
};

const zh: typeof en = {
  waiting: ({ url, isAnswering, to }) =>
    to !== undefined
      ? `${to} 还没到 ${url}：请 ${to} 运行 p2p ${isAnswering ? "offer" : "answer"} --via ${url} --to NAME，NAME 是 ${to} 保存你时用的名字`
      : isAnswering
        ? `${url} 上没有人使用这个口令：请与对方核对口令，或请对方运行 p2p offer --via ${url}`
        : `邀请已放在 ${url}：请对方运行 p2p answer --via ${url}，并输入口令`,
  present: () => "对方已到",
  delivered: ({ isAnswering }) => (isAnswering ? "对方已收到应答" : "对方已收到邀请"),
  lost: ({ url, isAnswering }) =>
    `与 ${url} 的连接断了，正在重新连接；恢复之前，对方只有已收到${isAnswering ? "应答" : "邀请"}才能连接我方`,
};

export const brokerWords = { en, zh };
