/** What every journey has: a page that is watched, a user, and the hub's own interfaces. */

import { readFileSync } from "node:fs";

import { expect, test as base, type APIResponse, type Page } from "@playwright/test";

export { expect };
export const USER = "anna";
export const PASSWORD = "anna's own password";

/** What went wrong on a page without anybody having seen it. */
export class Watch {
  readonly problems: string[] = [];
  private readonly allowed: RegExp[] = [];

  /** Something that this journey provokes, such as the browser's line about an answer with 401. */
  allow(problem: RegExp): void {
    this.allowed.push(problem);
  }

  note(problem: string): void {
    this.problems.push(problem);
  }

  get unexpected(): string[] {
    return this.problems.filter((problem) => !this.allowed.some((pattern) => pattern.test(problem)));
  }
}

/** Notes errors on the console, violations of the page's policy, exceptions, and requests to foreign servers. */
export function watch(page: Page, origin: string): Watch {
  const watched = new Watch();
  page.on("console", (message) => {
    if (message.type() === "error" || /content security policy/i.test(message.text())) {
      watched.note(`console: ${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => watched.note(`exception: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:", "about:"].includes(url.protocol) && url.origin !== origin) {
      watched.note(`foreign: ${request.url()}`);
    }
  });
  return watched;
}

interface Fixtures {
  watched: Watch;
  /** Signs the page's browser in as the first user. */
  signIn: () => Promise<void>;
}

export const test = base.extend<Fixtures>({
  watched: [
    async ({ page, baseURL }, use) => {
      const watched = watch(page, new URL(baseURL!).origin);
      await use(watched);
      expect(watched.unexpected, "the page is silent, and keeps to its own server").toEqual([]);
    },
    { auto: true },
  ],
  signIn: async ({ page }, use) => {
    await use(async () => {
      const answer = await page.request.post("/login", { data: { username: USER, password: PASSWORD } });
      expect(answer.ok(), await answer.text()).toBe(true);
    });
  },
});

/** A journey of somebody who is signed in. */
export const signedIn = test.extend<{ ready: void }>({
  ready: [
    async ({ signIn }, use) => {
      await signIn();
      await use();
    },
    { auto: true },
  ],
});

/** Runs an action as somebody else does: with a token, or by name and password. */
export async function execute(page: Page, action: string, args: object = {}, token?: string): Promise<APIResponse> {
  const authorization = token ? `Bearer ${token}` : `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
  return page.request.fetch("/execute", {
    method: "POST",
    headers: { Authorization: authorization, Cookie: "" },
    data: { type: "request", action, args },
  });
}

/** Lets an event happen on the hub. */
export async function post(page: Page, subtype: string, more: object = {}): Promise<void> {
  const type = "platypush.message.event.custom.CustomEvent";
  const answer = await page.request.fetch("/execute", {
    method: "POST",
    headers: { Authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`, Cookie: "" },
    data: { type: "event", args: { type, subtype, ...more } },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
}

/** Stops the hub, or starts it again; returns when that is done. */
export async function hub(page: Page, act: "stop" | "start"): Promise<void> {
  const answer = await page.request.post(`${process.env["PLATYPUSH_CONTROL"]}/${act}`, { timeout: 45_000 });
  expect(answer.ok()).toBe(true);
}

/** The one-time code that whoever started the hub saw. */
export function oneTimeCode(): string {
  const log = readFileSync(process.env["PLATYPUSH_LOG"]!, "utf-8");
  return /one-time code is asked for: (\S+)/.exec(log)?.[1] ?? "";
}

/** Waits until a page of the panel shows what it has, or that it has nothing. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator("h1").first()).toBeAttached();
  await page.waitForLoadState("networkidle");
  await expect(page.locator('[role="status"]', { hasText: "Loading" })).toHaveCount(0);
}

export const PLUGINS = [
  "light.hue",
  "music.mpd",
  "calendar",
  "weather.openmeteo",
  "weather.openweathermap",
  "rss",
  "camera.ffmpeg",
  "media",
  "tts",
];

/** Every page that somebody signed in can open. */
export const PAGES = [
  "/",
  ...PLUGINS.map((name) => `/#/plugins/${name}`),
  "/#/dashboards",
  "/#/execute",
  "/#/execute/light.hue.on",
  "/#/execute/procedure.house.good_night",
  "/#/events",
  ...["appearance", "users", "tokens", "sessions", "configuration", "about"].map((name) => `/#/settings/${name}`),
  "/#/nothing/of/that/name",
  "/plugin/light.hue",
  "/dashboard/hall",
];
