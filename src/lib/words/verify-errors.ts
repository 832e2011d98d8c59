// Message and hint of the errors of a verification, in both languages.
import { text } from "./error-text.ts";

/** Whose word it is that the two strings are not the same. */
type RefusedBy = "me" | "peer" | "expected";

/** Why two strings could not be compared. */
type VerifyProblem = "unsupported" | "late" | "broken" | "unanswered";

const en = {
  VERIFY_REFUSED: text(
    (p: { by: RefusedBy }) =>
      ({
        me: "it was not confirmed here that both sides read the same",
        expected: "the other side shows another string than the expected one",
        peer: "the other side does not confirm that both read the same",
      })[p.by],
    () => "if the two strings differ, somebody is in the middle: exchange fresh files another way and compare again",
  ),
  VERIFY_FAILED: text(
    (p: { why: VerifyProblem; seconds: number }) =>
      ({
        unsupported: "the other side's p2p cannot compare a verification string",
        late: `the other side has not taken part in the comparison for ${p.seconds} s`,
        broken: "the other side broke the rules of the comparison",
        unanswered: "the other side ended before both had compared",
      })[p.why],
    (p) =>
      p.why === "unsupported"
        ? "use a newer p2p over there, or run again without --verify"
        : "somebody may be in the middle: exchange fresh files and compare again",
  ),
};

const zh: typeof en = {
  VERIFY_REFUSED: text(
    (p) =>
      ({
        me: "这一边没有确认双方看到的内容相同",
        expected: "对方显示的与预期的不同",
        peer: "对方没有确认双方看到的内容相同",
      })[p.by],
    () => "如果双方看到的不同，说明中间有人：请换一种方式重新交换文件，再核对一次",
  ),
  VERIFY_FAILED: text(
    (p) =>
      ({
        unsupported: "对方的 p2p 没有核对功能",
        late: `${p.seconds} 秒内对方没有参与核对`,
        broken: "对方没有遵守核对的规则",
        unanswered: "双方核对完之前对方就结束了",
      })[p.why],
    (p) =>
      p.why === "unsupported"
        ? "请让对方换用新版 p2p，或去掉 --verify 再运行"
        : "中间可能有人：请重新交换文件，再核对一次",
  ),
};

export const verifyErrorWords = { en, zh };
