import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { completeDom } from "@/testing/dom";
import { fakeHub, show } from "@/testing/hub";

import DashboardsView from "./DashboardsView.vue";

let page: Awaited<ReturnType<typeof show>>;
let links: number;

async function begin(dashboards: unknown[], link: () => unknown = () => ({ url: "http://hub.lan/dashboard/main?pair=abc", expires_at: Date.now() / 1000 + 600 })) {
  links = 0;
  fakeHub({}, { "/api/dashboards": { dashboards }, "/api/dashboards/main/links": () => ((links += 1), link()) });
  page = await show(DashboardsView);
}

const dialog = () => document.querySelector("[role=dialog]")!;

async function press(text: string) {
  [...document.querySelectorAll("button")].find((one) => one.textContent?.trim().startsWith(text))!.click();
  await flushPromises();
}

beforeEach(completeDom);
afterEach(() => {
  page.unmount();
  vi.useRealTimers();
});

describe("the list of dashboards", () => {
  it("leads to each of them, and says what is wrong in their files", async () => {
    await begin([{ name: "main", problems: [] }, { name: "the hall", problems: ["line 1, column 17: Widget 'Calender' is unknown."] }]);
    expect(page.findAll("h2 a").map((link) => link.attributes("href"))).toEqual(["/dashboard/main", "/dashboard/the%20hall"]);
    expect(page.text()).toContain("One problem");
    expect(page.text()).toContain("Widget 'Calender' is unknown.");
  });

  it("says where to put the first one", async () => {
    await begin([]);
    expect(page.text()).toContain("No dashboards yet");
  });
});

describe("a link for a screen", () => {
  it("is made when it is asked for, shown with a code to scan, and says until when it works", async () => {
    await begin([{ name: "main", problems: [] }]);
    expect(links).toBe(0);
    await press("Show on a screen");
    expect(links).toBe(1);
    expect(dialog().querySelector("input")?.value).toBe("http://hub.lan/dashboard/main?pair=abc");
    expect(dialog().querySelector("img")?.getAttribute("src")).toContain("/qrcode?content=http%3A%2F%2Fhub.lan");
    expect(dialog().textContent).toMatch(/It works once, until \d/);
  });

  it("is no longer shown when it has expired; another one can be had", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    await begin([{ name: "main", problems: [] }]);
    await press("Show on a screen");
    vi.advanceTimersByTime(605_000);
    await flushPromises();
    expect(dialog().textContent).toContain("The address has expired.");
    await press("Make another one");
    expect(links).toBe(2);
    expect(dialog().querySelector("input")).not.toBeNull();
  });

  it("warns of an address that works on one machine only, and says why there is none", async () => {
    await begin([{ name: "main", problems: [] }], () => ({ url: "http://localhost:8008/dashboard/main?pair=abc", expires_at: Date.now() / 1000 + 600 }));
    await press("Show on a screen");
    expect(dialog().textContent).toContain("on the hub's own machine only");
    page.unmount();
    await begin([{ name: "main", problems: [] }], () => new Response(JSON.stringify({ error: { code: "busy", message: "Too many at once" } }), { status: 503 }));
    await press("Show on a screen");
    expect(dialog().textContent).toContain("Too many at once");
  });

  it("can be copied without HTTPS, too", async () => {
    await begin([{ name: "main", problems: [] }]);
    await press("Show on a screen");
    const copy = vi.fn<(command: string) => boolean>(() => true);
    document.execCommand = copy;
    await press("Copy");
    expect(copy).toHaveBeenCalledWith("copy");
    expect(dialog().textContent).toContain("Copied");
  });
});
