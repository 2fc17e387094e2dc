import { mount } from "@vue/test-utils";
import { afterEach, describe, expect, it } from "vitest";

import { completeDom } from "@/testing/dom";
import { makeI18n } from "@/i18n";

import UiSheet from "./UiSheet.vue";
import UiTabs from "./UiTabs.vue";

afterEach(() => {
  document.body.innerHTML = "";
});

describe("tabs", () => {
  it("show one page, and say which", async () => {
    completeDom();
    const tabs = mount(UiTabs, {
      attachTo: document.body,
      props: { modelValue: "queue", label: "Music", tabs: [{ key: "queue", label: "Queue" }, { key: "library", label: "Library" }] },
      slots: { queue: "The queue", library: "The library" },
    });
    expect(tabs.get("[role=tablist]").attributes("aria-label")).toBe("Music");
    expect(tabs.findAll("[role=tab]").map((tab) => tab.attributes("aria-selected"))).toEqual(["true", "false"]);
    expect(tabs.text()).toContain("The queue");
    expect(tabs.text()).not.toContain("The library");
    await tabs.findAll("[role=tab]")[1]!.trigger("mousedown", { button: 0 });
    expect(tabs.emitted("update:modelValue")).toEqual([["library"]]);
    tabs.unmount();
  });
});

describe("a sheet", () => {
  it("is called by its title, and closes by its button and by Escape", async () => {
    completeDom();
    const sheet = mount(UiSheet, { attachTo: document.body, props: { open: true, title: "Desk" }, slots: { default: "Details" }, global: { plugins: [makeI18n()] } });
    await sheet.vm.$nextTick();
    const dialog = document.querySelector("[role=dialog]")!;
    expect(document.getElementById(dialog.getAttribute("aria-labelledby")!)!.textContent).toBe("Desk");
    expect(dialog.textContent).toContain("Details");
    dialog.querySelector<HTMLButtonElement>("[aria-label=Close]")!.click();
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await sheet.vm.$nextTick();
    expect(sheet.emitted("close")).toHaveLength(2);
    sheet.unmount();
  });
});
