import { mount, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Layout, LayoutWidget } from "@/api/dashboards";
import { makeI18n } from "@/i18n";
import { clockAt, pass, see, settle } from "@/testing/wall";

import App from "./App.vue";
import { runningCount } from "./timers";

const NOON = new Date(2026, 10, 23, 12).getTime();
const WIDGETS = ["Calendar", "DateTime", "Music"];
let answers: Record<string, () => Response | Promise<Response>>;
let asked: string[];
let page: VueWrapper;

const json = (data: unknown, status = 200) => new Response(JSON.stringify(data), { status });

function widget(tag: string, more: Partial<LayoutWidget> = {}): LayoutWidget {
  const attributes = { showDate: true, showTime: true, showSeconds: false };
  return { type: tag, tag, class: ["col-3"], style: {}, attributes, children: [], problems: [], ...more };
}

function layout(more: Partial<Layout> = {}, ...widgets: LayoutWidget[]): Layout {
  const rows = widgets.length ? [{ class: [], style: { height: "30%" }, widgets }] : [];
  return { name: "main", revision: "1", root: { class: [], style: {}, rows }, problems: [], excerpt: [], widgets: WIDGETS, ...more };
}

async function open(path = "/dashboard/main"): Promise<void> {
  history.replaceState(null, "", path);
  page = mount(App, { attachTo: document.body, global: { plugins: [makeI18n()] } });
  await settle();
  await vi.dynamicImportSettled();
  await settle();
}

describe("a wall", () => {
  beforeEach(() => {
    localStorage.clear();
    asked = [];
    answers = {
      "/api/dashboards/main": () => json(layout({}, widget("DateTime"))),
      "/api/bootstrap": () => json({ build_id: "b1", start_id: "s1", websocket_url: null, parts: [] }),
    };
    vi.stubGlobal("fetch", async (address: string) => {
      asked.push(address);
      const answer = answers[address.split("?")[0]!];
      if (!answer) {
        throw new TypeError("fetch failed");
      }
      return answer();
    });
    clockAt(NOON);
  });
  afterEach(async () => {
    page?.unmount();
    await see(true);
    vi.useRealTimers();
  });

  it("shows the widgets of its file, with their classes and styles", async () => {
    await open();
    expect(page.get("time").text()).toMatch(/12:00/);
    expect(page.get(".place").classes()).toContain("col-3");
    expect((page.get(".wall-row").element as HTMLElement).style.height).toBe("30%");
    expect(document.title).toBe("main · Platypush");
  });

  it("asks whether the file is the same, and shows a changed one in place: what did not change stays", async () => {
    await open();
    const before = page.get("time").element;
    answers["/api/dashboards/main"] = () => new Response(null, { status: 304 });
    await pass(15_000);
    expect(asked.at(-1)).toBe("/api/dashboards/main?revision=1");
    answers["/api/dashboards/main"] = () => json(layout({ revision: "2" }, widget("DateTime"), widget("Clock", { type: null })));
    await pass(15_000);
    expect(page.findAll(".place")).toHaveLength(2);
    expect(page.get("time").element).toBe(before);
  });

  it("loads itself anew when it is to show pictures of a server that its headers do not allow", async () => {
    answers["/api/dashboards/main"] = () => json({ ...layout({}, widget("DateTime")), origins: ["http://a"] });
    answers["/dashboard/main"] = () => new Response("down", { status: 502 });
    await open();
    await pass(70_000);
    expect(asked.some((address) => address.endsWith("/dashboard/main") && !address.includes("/api/"))).toBe(false);
    answers["/api/dashboards/main"] = () => json({ ...layout({ revision: "2" }, widget("DateTime")), origins: ["http://a", "http://b"] });
    await pass(20_000);
    expect(asked.some((address) => address.endsWith("/dashboard/main") && !address.includes("/api/"))).toBe(true);
  });

  it("names an unknown widget in its place, and those that there are", async () => {
    answers["/api/dashboards/main"] = () => json(layout({}, widget("Clock", { type: null, problems: ["line 2, column 3: Widget 'Clock' is unknown."] }), widget("DateTime")));
    await open();
    expect(page.get(".tile").text()).toContain("There is no widget Clock");
    expect(page.get(".tile").text()).toContain("line 2, column 3");
    expect(page.get(".tile").text()).toContain("Calendar, DateTime, Music");
    expect(page.find("time").exists()).toBe(true);
  });

  it("tells what is wrong with a widget beside what it shows", async () => {
    answers["/api/dashboards/main"] = () => json(layout({}, widget("DateTime", { problems: ["line 3, column 4: show-time: true or false is expected"] })));
    await open();
    expect(page.get(".tile .problems").text()).toContain("line 3, column 4");
    expect(page.find("time").exists()).toBe(true);
  });

  it("tells line, column and excerpt of a file that is no XML", async () => {
    answers["/api/dashboards/main"] = () =>
      json(layout({ root: null, problems: [{ line: 2, column: 5, reason: "mismatched tag.", widget: false }], excerpt: ["1: <Dashboard>", "2: </Row>"] }));
    await open();
    expect(page.text()).toContain("main.xml is no XML");
    expect(page.text()).toContain("Line 2, column 5: mismatched tag.");
    expect(page.get(".here").text()).toBe("2: </Row>");
  });

  it("lists the dashboards that there are for one that is not there", async () => {
    answers["/api/dashboards/mian"] = () => json({ error: { code: "not_found", message: "There is no dashboard 'mian'. Did you mean 'main'?" } }, 404);
    answers["/api/dashboards"] = () => json({ dashboards: [{ name: "main", problems: [] }] });
    await open("/dashboard/mian");
    expect(page.text()).toContain("Did you mean 'main'?");
    expect(page.get("ul a").attributes("href")).toBe("/dashboard/main");
    answers["/api/dashboards/mian"] = () => json(layout({ name: "mian" }, widget("DateTime")));
    await pass(15_000);
    await vi.dynamicImportSettled();
    await settle();
    expect(page.find("time").exists()).toBe(true);
  });

  it("goes on when the hub is away, and says since when after 30 s", async () => {
    await open();
    delete answers["/api/dashboards/main"];
    await pass(20_000);
    expect(page.find(".away").exists()).toBe(false);
    await pass(20_000);
    expect(page.get(".away").text()).toMatch(/Last contact .*12:00/);
    expect(page.find("time").exists()).toBe(true);
    answers["/api/dashboards/main"] = () => new Response(null, { status: 304 });
    await pass(15_000);
    expect(page.find(".away").exists()).toBe(false);
  });

  it("counts an error page of a server in front as no answer", async () => {
    await open();
    answers["/api/dashboards/main"] = () => new Response("<html>Bad gateway</html>", { status: 502 });
    await pass(45_000);
    expect(page.find(".away").exists()).toBe(true);
    expect(page.find("time").exists()).toBe(true);
  });

  it("shows what it showed last while the hub cannot be asked", async () => {
    await open();
    page.unmount();
    answers = {};
    await open();
    expect(page.find("time").exists()).toBe(true);
  });

  it("shows and keeps nothing once its session is over, and comes back when somebody signs in", async () => {
    await open();
    expect(Object.keys(localStorage).some((name) => name.startsWith("platypush.kept."))).toBe(true);
    const good = answers["/api/dashboards/main"]!;
    answers["/api/dashboards/main"] = () => json({ error: { code: "unauthorized", message: "Sign in." } }, 401);
    await pass(15_000);
    expect(page.find("time").exists()).toBe(false);
    expect(page.get(".message a").attributes("href")).toBe("/login?redirect=%2Fdashboard%2Fmain");
    expect(Object.keys(localStorage).some((name) => name.startsWith("platypush.kept."))).toBe(false);
    answers["/api/dashboards/main"] = good;
    await pass(15_000);
    expect(page.find("time").exists()).toBe(true);
  });

  it("asks nothing while nobody sees it, and at once when somebody does", async () => {
    await open();
    await see(false);
    asked.length = 0;
    await pass(600_000);
    expect(asked.filter((address) => address.startsWith("/api/dashboards"))).toEqual([]);
    await see(true);
    await pass(0);
    expect(asked.filter((address) => address.startsWith("/api/dashboards"))).toHaveLength(1);
  });

  it("is in kiosk mode by its address, stays so, and leaves it by Esc", async () => {
    await open("/dashboard/main?kiosk=1");
    expect(page.find(".kiosk").exists()).toBe(true);
    expect(page.find(".opener").exists()).toBe(false);
    await pass(3100);
    expect(page.find(".still").exists()).toBe(true);
    window.dispatchEvent(new Event("pointermove"));
    await settle();
    expect(page.find(".still").exists()).toBe(false);
    page.unmount();
    await open("/dashboard/main");
    expect(page.find(".kiosk").exists()).toBe(true);
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    await settle();
    expect(page.find(".kiosk").exists()).toBe(false);
    page.unmount();
    await open("/dashboard/main");
    expect(page.find(".kiosk").exists()).toBe(false);
  });

  it("leaves kiosk mode when a corner is held, and not by a touch or in the middle", async () => {
    await open("/dashboard/main?kiosk=1");
    const press = (x: number) => window.dispatchEvent(Object.assign(new Event("pointerdown"), { clientX: x, clientY: 5 }));
    press(5);
    await pass(500);
    window.dispatchEvent(new Event("pointerup"));
    await pass(2000);
    press(400);
    await pass(2000);
    expect(page.find(".kiosk").exists()).toBe(true);
    press(5);
    await pass(1300);
    expect(page.find(".kiosk").exists()).toBe(false);
  });

  it("moves a little every minute in kiosk mode", async () => {
    await open("/dashboard/main?kiosk=1");
    const where = () => (page.get(".wall").element as HTMLElement).style.transform;
    const before = where();
    await pass(60_000);
    expect(where()).not.toBe(before);
  });

  it("is dim or black at night, and a touch shows it for a minute", async () => {
    localStorage.setItem("platypush.wall", JSON.stringify({ night: "black", from: "11:00", to: "13:00" }));
    await open();
    expect(page.get(".night").classes()).toContain("black");
    window.dispatchEvent(new Event("pointerdown"));
    await settle();
    expect(page.get(".night").classes()).toContain("awake");
    await pass(60_000);
    expect(page.get(".night").classes()).not.toContain("awake");
    await pass(3_700_000);
    expect(page.find(".night").exists()).toBe(false);
  });

  it("has as many timers and listeners after a day as after a minute, and none when it is gone", async () => {
    const before = runningCount();
    await open();
    answers["/api/dashboards/main"] = () => new Response(null, { status: 304 });
    await pass(61_000);
    const [counted, timers] = [runningCount(), vi.getTimerCount()];
    await pass(6 * 3_600_000);
    expect(runningCount()).toBe(counted);
    expect(vi.getTimerCount()).toBe(timers);
    page.unmount();
    await settle();
    expect(runningCount()).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });
});
