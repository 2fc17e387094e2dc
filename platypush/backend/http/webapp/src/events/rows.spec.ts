import { describe, expect, it } from "vitest";

import type { HubEvent } from "@/api/events";

import { excerptOf, hookFor, nameOf } from "./rows";

const EVENT: HubEvent = {
  type: "event",
  id: "1",
  origin: "hub",
  _timestamp: 0,
  args: { type: "platypush.message.event.light.LightStatusChangeEvent", plugin_name: "light.hue", light: 'The "hall"', on: true, xy: [1, 2], gone: null },
};

describe("an event in the stream", () => {
  it("has a short name, and a line of what is in it", () => {
    expect(nameOf(EVENT)).toBe("light.LightStatusChangeEvent");
    expect(excerptOf(EVENT)).toBe('plugin_name: light.hue, light: The "hall", on: true, xy: [1,2]');
    expect(excerptOf({ ...EVENT, args: { type: "x", text: "a".repeat(500) } })).toHaveLength(121);
  });

  it("makes a hook for others like it", () => {
    expect(hookFor(EVENT)).toContain(
      [
        "  if:",
        "    type: platypush.message.event.light.LightStatusChangeEvent",
        '    plugin_name: "light.hue"',
        '    light: "The \\"hall\\""',
        "    on: true",
        "  then:",
      ].join("\n"),
    );
    expect(hookFor(EVENT)).not.toContain("xy");
  });
});
