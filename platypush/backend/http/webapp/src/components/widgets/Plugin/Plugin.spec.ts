import { describe, expect, it } from "vitest";

import { fakeHub } from "@/testing/hub";
import { hang, plugins, settle } from "@/testing/wall";

import Index from "./Index.vue";

describe("the panel of a plugin on a wall", () => {
  it("is a page in the page, in the wall's colours", async () => {
    fakeHub({ "inspect.get_all_plugins": plugins("light.hue") });
    const page = await hang(Index, { pluginName: "light.hue" });
    await settle();
    expect(page.get("iframe").attributes()).toMatchObject({ src: "/plugin/light.hue?theme=wall", title: "light.hue" });
    page.unmount();
  });

  it("of a plugin that is not there names those that are", async () => {
    fakeHub({ "inspect.get_all_plugins": plugins("light.hue", "tts") });
    const page = await hang(Index, { pluginName: "light.hub" });
    await settle();
    expect(page.find("iframe").exists()).toBe(false);
    expect(page.text()).toContain("no plugin light.hub");
    expect(page.text()).toContain("light.hue, tts");
    page.unmount();
  });
});
