// Message and hint of the errors of a verification, in Chinese.
import { type ErrorTexts, text } from "../lib/errors/params.ts";

export const verifyErrorsZh = {
  VERIFY_REFUSED: text(
    (p) =>
      ({
        me: "我方未确认双方内容一致",
        expected: "对方显示的与预期的不同",
        peer: "对方未确认双方内容一致",
        "nobody-here": "我方没有人可以确认双方内容一致",
        "nobody-there": "对方那里没有人可以确认双方内容一致",
      })[p.by],
    (p) => {
      if (p.by === "nobody-here") return "请在终端上运行，不加 --json，或用 --verify-expect 给出核对内容";
      if (p.by === "nobody-there") return "请对方在终端上运行，不加 --json，或用 --verify-expect 给出核对内容";
      return "如果内容不一致，说明可能存在中间人：请换一种方式重新交换文件，再核对一次";
    },
  ),
  VERIFY_FAILED: text(
    (p) =>
      ({
        unsupported: "对方的 p2p 没有核对功能",
        late: `${p.seconds} 秒内对方没有参与核对`,
        broken: "对方没有遵守核对的规则",
        unanswered: "双方核对完之前，对方就离开了",
        "own-end": "双方核对完之前，我方就离开了",
      })[p.why],
    (p) => {
      if (p.why === "unsupported") return "请让对方换用新版 p2p，或去掉 --verify 再运行";
      return p.why === "unanswered" || p.why === "own-end"
        ? "尚未收发任何内容：请双方重新开始，交换新的文件，然后核对"
        : "可能存在中间人：请重新交换文件，再核对一次";
    },
  ),
} satisfies Partial<ErrorTexts>;
