// The address of a broker as it is typed.
import { expect, test } from "vitest";
import { parseBrokerAddress } from "../../../../../src/pairing/carriers/mqtt/broker-address.ts";

test.each([
  ["mqtt://broker.example", { isTls: false, host: "broker.example", port: 1883, prefix: "p2p" }],
  ["mqtt://broker.example/", { isTls: false, host: "broker.example", port: 1883, prefix: "p2p" }],
  ["mqtts://broker.example", { isTls: true, host: "broker.example", port: 8883, prefix: "p2p" }],
  ["mqtt://127.0.0.1:41883/home/we", { isTls: false, host: "127.0.0.1", port: 41_883, prefix: "home/we" }],
  ["mqtts://[::1]:8884/%E6%88%91", { isTls: true, host: "::1", port: 8_884, prefix: "我" }],
  ["mqtt://Broker.Example", { host: "broker.example", url: "mqtt://Broker.Example" }],
  ["mqtt://bücher.example", { host: "xn--bcher-kva.example", url: "mqtt://bücher.example" }],
  ["mqtts://例子.example:8884/a", { host: "xn--fsqu00a.example", port: 8_884, url: "mqtts://例子.example:8884/a" }],
  ["mqtt://b%C3%BCcher.example", { host: "xn--bcher-kva.example", url: "mqtt://bücher.example" }],
  ["mqtt://xn--bcher-kva.example", { host: "xn--bcher-kva.example", url: "mqtt://xn--bcher-kva.example" }],
])("%s", (text, expected) => {
  expect(parseBrokerAddress(text)).toMatchObject(expected);
});

test.each([
  ["mqtt:broker.example", "address"],
  ["mqtt://", "address"],
  ["mqtt://broker.example:0", "address"],
  ["mqtt://broker.example:99999", "address"],
  ["http://broker.example", "address"],
  ["mqtt://a%2Fb", "address"],
  ["mqtt://a%00b", "address"],
  ["mqtt://a%3A1", "address"],
  ["mqtt://%C3", "address"],
  ["broker.example", "address"],
  ["mqtt://me:secret@broker.example", "credentials"],
  ["mqtt://me@broker.example", "credentials"],
  ["mqtt://broker.example/a/+/b", "prefix"],
  ["mqtt://broker.example/a#b", "prefix"],
  ["mqtt://broker.example/#", "prefix"],
  ["mqtt://broker.example/a?b", "prefix"],
  ["mqtt://broker.example/a//b", "prefix"],
  ["mqtt://broker.example/a/", "prefix"],
  ["mqtt://broker.example/$SYS", "prefix"],
  ["mqtt://broker.example/%00", "prefix"],
  ["mqtt://broker.example/%23", "prefix"],
  ["mqtt://broker.example/%", "prefix"],
  [`mqtt://broker.example/${"a".repeat(201)}`, "prefix"],
])("%s: %s", (text, flaw) => {
  expect(parseBrokerAddress(text)).toBe(flaw);
});
