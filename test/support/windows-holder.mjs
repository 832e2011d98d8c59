// Runs on Windows for tests: holds a file as another program does, until a second one appears, and says so on stdout.
// `FILE RELEASE` holds it alone: nobody else can open it. `- RELEASE` holds what cmd gave as stdin, which others can read
// and nobody can rename or remove.
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** libuv's flag: no sharing. */
const EXCLUSIVE = 0x1000_0000;

const [, , path = "", release = ""] = process.argv;
const fd = path === "-" ? 0 : openSync(path, constants.O_RDWR | EXCLUSIVE);
console.log("held");
while (!existsSync(release)) await pause(20);
if (fd !== 0) closeSync(fd);
