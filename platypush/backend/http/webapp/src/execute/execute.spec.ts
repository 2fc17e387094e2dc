import { describe, expect, it } from "vitest";

import type { ActionInfo } from "@/composables/usePlugins";

import { curlLine } from "./curl";
import { readDoc } from "./docs";
import { fieldsOf, fromText, toText } from "./fields";
import { searchActions } from "./search";

function action(name: string, summary = "", extra: Partial<ActionInfo> = {}): ActionInfo {
  return { name, summary, doc: summary, returns: "", args: {}, schema: {}, ...extra };
}

const SAY = action("tts.say", "Say a text.", {
  args: {
    volume: { required: false, default: 100, type: "int", doc: "" },
    text: { required: true, default: null, type: "str", doc: "What to say." },
    wait: { required: false, default: true, type: "bool", doc: "" },
    mode: { required: false, default: "a", type: "str", doc: "" },
    extra: { required: false, default: null, type: "dict", doc: "" },
    voices: { required: false, default: null, type: "str or list", doc: "" },
    anything: { required: false, default: null, type: "", doc: "" },
  },
  schema: {
    properties: {
      text: { type: "string" },
      volume: { anyOf: [{ type: "integer" }, { type: "null" }] },
      wait: { type: "boolean" },
      mode: { enum: ["a", "b"] },
      extra: { anyOf: [{ type: "object" }, { type: "array" }] },
      voices: { anyOf: [{ type: "string" }, { type: "array" }, { type: "null" }] },
    },
  },
});

describe("looking for an action", () => {
  const all = [action("light.hue.toggle", "Switch over."), SAY, action("user.create_user", "Add a user.")];

  it("finds parts of names, words of what it does, and letters in order", () => {
    const names = (query: string) => searchActions(all, query).map(({ name }) => name);
    expect(names("say")).toEqual(["tts.say"]);
    expect(names("hue tog")).toEqual(["light.hue.toggle"]);
    expect(names("TOGGLE")[0]).toBe("light.hue.toggle");
    expect(names("add a")[0]).toBe("user.create_user");
    expect(names("")).toHaveLength(3);
    expect(names("xyz")).toEqual([]);
  });
});

describe("the form of an action", () => {
  const fields = fieldsOf(SAY);
  const field = (name: string) => fields.find((one) => one.name === name)!;

  it("asks first for what is needed, in the way that fits the type", () => {
    expect(fields[0]?.name).toBe("text");
    expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
      ["text", "long"],
      ["volume", "number"],
      ["wait", "boolean"],
      ["mode", "choice"],
      ["extra", "json"],
      ["voices", "mixed"],
      ["anything", "mixed"],
    ]);
  });

  it("takes words for words where they may be, and JSON of another type that fits for that", () => {
    for (const [name, text, value] of [
      ["voices", "Anna", "Anna"],
      ["voices", "7", "7"],
      ["voices", '["Anna", "Tom"]', ["Anna", "Tom"]],
      ["voices", '["Anna"', '["Anna"'],
      ["anything", "Anna and Tom", "Anna and Tom"],
      ["anything", "7", 7],
      ["anything", '"7"', "7"],
    ] as const) {
      expect(fromText(field(name), text)).toEqual(value);
      expect(fromText(field(name), toText(field(name), value))).toEqual(value);
    }
    expect(toText(field("anything"), "7")).toBe('"7"');
    expect(toText(field("voices"), "Anna")).toBe("Anna");
  });

  it("reads what is typed as the type says and leaves out what is empty", () => {
    expect(fromText(field("volume"), "7")).toBe(7);
    expect(fromText(field("volume"), "1,5")).toBe(1.5);
    expect(fromText(field("text"), "7")).toBe("7");
    expect(fromText(field("wait"), "false")).toBe(false);
    expect(fromText(field("extra"), '{"a": [1]}')).toEqual({ a: [1] });
    expect(fromText(field("volume"), "")).toBeUndefined();
    expect(fromText(field("text"), "")).toBeUndefined();
    expect(() => fromText(field("volume"), "many")).toThrow("no number");
    expect(() => fromText(field("extra"), "{")).toThrow();
  });

  it("shows a value as it is read", () => {
    expect(toText(field("text"), "x")).toBe("x");
    expect(toText(field("extra"), "x")).toBe('"x"');
    expect(toText(field("volume"), 7)).toBe("7");
    expect(toText(field("volume"), undefined)).toBe("");
  });
});

describe("the documentation of a procedure", () => {
  it("is its text, a word on each argument, and what it gives", () => {
    const doc = "Darken a room.\n\nSlowly.\n\n:param room: The room.\n:param int minutes: How long\n    that takes.\n:raises X: Never.\n:return: A sentence.";
    expect(readDoc(doc)).toEqual({
      text: "Darken a room.\n\nSlowly.",
      summary: "Darken a room.",
      args: { room: "The room.", minutes: "How long that takes." },
      returns: "A sentence.",
    });
    expect(readDoc("")).toEqual({ text: "", summary: "", args: {}, returns: "" });
  });
});

describe("the line for a shell", () => {
  it("has no secret in it and survives quotes", () => {
    const line = curlLine("http://hub:8008", "tts.say", { text: "it's" });
    expect(line).toContain(`$TOKEN`);
    expect(line).toContain(`"text":"it'\\''s"`);
    expect(line).toContain("http://hub:8008/execute");
  });
});
