import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { fakeHub, show } from "@/testing/hub";

import Panel from "./Index.vue";
import Tile from "./Tile.vue";

let page: Awaited<ReturnType<typeof show>>;
let hub: ReturnType<typeof fakeHub>;

function begin(more: Record<string, unknown> = {}): void {
  hub = fakeHub({
    "tts.get_languages": [{ language: "de", name: "German" }, { language: "af", name: "Afrikaans" }],
    "tts.get_voices": [{ name: "anna", language: "de", gender: "female" }, { name: "otto", language: "de", gender: "male" }, { name: "af-1", language: "af", gender: null }],
    "tts.get_queue": [],
    "tts.say": {},
    "tts.stop": 1,
    ...more,
  });
}

const button = (text: string) => page.findAll("button").find((item) => item.text() === text || item.attributes("aria-label") === text)!;
const choices = (index: number) => page.findAll("select")[index]!.findAll("option").map((option) => option.text());

beforeEach(() => localStorage.clear());
afterEach(() => page.unmount());

describe("the panel of speech", () => {
  it("says the text, and keeps it", async () => {
    begin();
    page = await show(Panel, { plugin: "tts" });
    await page.get("textarea").setValue("The washing is done");
    await page.get("form").trigger("submit");
    await flushPromises();
    expect(hub.callsOf("tts.say")).toEqual([{ text: "The washing is done", wait: true }]);
    expect(page.get("textarea").element.value).toBe("The washing is done");
    page.unmount();
    page = await show(Panel, { plugin: "tts" });
    expect(page.get("textarea").element.value).toBe("The washing is done");
  });

  it("speaks by Ctrl+Enter, and says nothing without a text", async () => {
    begin();
    page = await show(Panel, { plugin: "tts" });
    expect(button("Speak").attributes("disabled")).toBeDefined();
    await page.get("textarea").trigger("keydown", { key: "Enter", ctrlKey: true });
    await page.get("textarea").setValue("Hello");
    await page.get("textarea").trigger("keydown", { key: "Enter", ctrlKey: true });
    expect(hub.callsOf("tts.say").map(({ text }) => text)).toEqual(["Hello"]);
  });

  it("offers languages by name, and the voices of the chosen one", async () => {
    begin();
    page = await show(Panel, { plugin: "tts" });
    expect(choices(0)).toEqual(["As configured", "Afrikaans (af)", "German (de)"]);
    await page.findAll("select")[0]!.setValue("de");
    expect(choices(1)).toEqual(["As configured", "anna (female)", "otto (male)"]);
    await page.findAll("select")[1]!.setValue("otto");
    await page.get("textarea").setValue("Hallo");
    await page.get("form").trigger("submit");
    expect(hub.callsOf("tts.say")).toEqual([{ text: "Hallo", language: "de", voice: "otto", wait: true }]);
    await page.findAll("select")[0]!.setValue("af");
    expect(page.findAll("select")).toHaveLength(1);
  });

  it("remembers the last ten phrases, to be said again or taken into the field", async () => {
    begin();
    page = await show(Panel, { plugin: "tts" });
    for (let count = 1; count <= 12; count += 1) {
      await page.get("textarea").setValue(`Phrase ${count}`);
      await page.get("form").trigger("submit");
      await flushPromises();
    }
    expect(page.findAll(".take").map((item) => item.text())).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((count) => `Phrase ${count}`));
    await button("Say again: Phrase 3").trigger("click");
    await flushPromises();
    expect(hub.callsOf("tts.say").at(-1)).toMatchObject({ text: "Phrase 3" });
    expect(page.findAll(".take")[0]!.text()).toBe("Phrase 3");
    await page.findAll(".take")[2]!.trigger("click");
    expect(page.get("textarea").element.value).toBe("Phrase 11");
  });

  it("shows what is said and what waits, and silences it without calling that a failure", async () => {
    let fail!: (reason: Error) => void;
    begin({
      "tts.say": () => new Promise((_, reject) => (fail = reject)),
      "tts.get_queue": [{ plugin: "tts", engine: "espeak-ng", text: "One", language: null, speaking: true }, { plugin: "tts.google", engine: "google", text: "Two", language: null, speaking: false }],
    });
    page = await show(Panel, { plugin: "tts" });
    expect(page.findAll("ol li").map((item) => item.text())).toEqual(["Speaking One espeak-ng", "Waits Two google"]);
    await page.get("textarea").setValue("Three");
    await page.get("form").trigger("submit");
    await button("Stop").trigger("click");
    fail(new Error("It was stopped"));
    await flushPromises();
    expect(hub.callsOf("tts.stop")).toHaveLength(1);
    expect(page.find("[role=alert]").exists()).toBe(false);
  });

  it("says why nothing is heard", async () => {
    begin({
      "tts.say": () => {
        throw new Error("There is no program that plays sound: apt install alsa-utils");
      },
    });
    page = await show(Panel, { plugin: "tts" });
    await page.get("textarea").setValue("Hello");
    await page.get("form").trigger("submit");
    await flushPromises();
    expect(page.get("[role=alert]").text()).toContain("apt install alsa-utils");
  });

  it("does not wait for the end of a long text", async () => {
    begin();
    page = await show(Panel, { plugin: "tts" });
    await page.get("textarea").setValue("word ".repeat(200));
    await page.get("form").trigger("submit");
    expect(hub.callsOf("tts.say")[0]).toMatchObject({ wait: false });
  });
});

it("the tile of speech says the last phrase again", async () => {
  begin();
  localStorage.setItem("platypush.tts.phrases", JSON.stringify([{ text: "Dinner", language: "", voice: "" }]));
  page = await show(Tile, { plugin: "tts" });
  expect(page.text()).toContain("Nothing is being said");
  await page.get("button").trigger("click");
  expect(hub.callsOf("tts.say")).toEqual([{ text: "Dinner", wait: true }]);
});
