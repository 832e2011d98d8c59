// Texts for what is found in place of a file to be read: the part of a sentence that begins with "it".
import { ODD_FILES } from "../lib/errors/english-parts.ts";
import type { OddFile } from "../lib/odd-file.ts";

const zh: Readonly<Record<OddFile, string>> = {
  link: "它是一个链接",
  file: "它是一个文件",
  folder: "它是一个文件夹",
  pipe: "它是一个管道",
  socket: "它是一个套接字",
  device: "它是一个设备",
  "too-large": "它太大了",
  foreign: "它属于另一个用户",
  open: "其他用户可以修改它",
  moving: "它在打开时被换掉了",
};

export const oddFileWords = { en: ODD_FILES, zh };
