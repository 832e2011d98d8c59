// The names of the exchange files are part of the format: programs of 2018 know no others.
import { expect, test } from "vitest";
import { OWN_FILE_NAME, PEER_FILE_NAME } from "../../../src/exchange/file-names.ts";

test("the exchange files have the names of 2018", () => {
  expect([OWN_FILE_NAME, PEER_FILE_NAME]).toEqual(["LocaltionJson.json", "LocaltionJson_p.json"]);
});
