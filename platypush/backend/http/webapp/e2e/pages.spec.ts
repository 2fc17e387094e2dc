import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";

import { expect, PAGES, post, settled, signedIn, test } from "./hub";

/** What keeps people out, as far as a machine can tell. */
async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`),
    );
}

/** What is beyond the right edge of the window, where nothing leads to it. */
async function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const held = (element: Element | null): boolean =>
      element !== null &&
      element !== document.body &&
      (getComputedStyle(element).overflowX !== "visible" || held(element.parentElement));
    const beyond = [...document.body.querySelectorAll("*")].filter((element) => {
      const { right, width: own } = element.getBoundingClientRect();
      return own > 0 && right > width + 1 && !held(element.parentElement);
    });
    const scrolls = document.documentElement.scrollWidth > width ? [`the page is ${document.documentElement.scrollWidth} wide`] : [];
    return [...scrolls, ...beyond.map((element) => element.outerHTML.slice(0, 160))];
  });
}

async function look(page: Page): Promise<void> {
  for (const theme of ["light", "dark"]) {
    await page.evaluate((name) => (document.documentElement.dataset["theme"] = name), theme);
    expect(await barriers(page), `in the ${theme} theme`).toEqual([]);
  }
  await page.setViewportSize({ width: 360, height: 640 });
  expect(await overflow(page), "on a phone").toEqual([]);
  expect(await barriers(page), "on a phone").toEqual([]);
}

for (const path of PAGES) {
  signedIn(`${path} keeps nobody out, in both themes, and fits a phone that is 360 pixels wide`, async ({ page }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(path);
    await settled(page);
    await look(page);
  });
}

signedIn("events and answers that are long keep nobody out, and fit a phone", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto("/#/events");
  await expect(page.getByRole("img", { name: "Connected" })).toBeVisible();
  await post(page, "long", { word: "a".repeat(300), words: "word ".repeat(100) });
  const event = page.locator("summary", { hasText: "custom.CustomEvent" });
  await event.click();
  await expect(page.getByText('"subtype": "long"')).toBeVisible();
  await look(page);
  await page.goto("/#/execute/procedure.house.good_night");
  await page.getByLabel(/^room/).fill("a".repeat(300));
  await page.getByRole("button", { name: "Run" }).click();
  await expect(page.getByRole("heading", { name: "Answer" })).toBeVisible();
  await look(page);
});

const DIALOGS: [string, string, (page: Page) => Promise<void>][] = [
  ["/#/settings/users", "to change a password", (page) => page.getByRole("button", { name: "Change password" }).first().click()],
  ["/#/settings/users", "to delete a user", (page) => page.getByRole("button", { name: /^Delete/ }).first().click()],
  ["/#/plugins/light.hue", "of scenes", (page) => page.getByRole("button", { name: /Scenes/ }).first().click()],
  ["/", "to go anywhere", (page) => page.keyboard.press("Control+k")],
  ["/", "of keys", (page) => page.keyboard.press("?")],
];

for (const [path, what, open] of DIALOGS) {
  signedIn(`the dialog ${what} keeps nobody out, and fits a phone`, async ({ page }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(path);
    await settled(page);
    await open(page);
    await expect(page.getByRole("dialog")).toBeVisible();
    await look(page);
  });
}

test("/login keeps nobody out, in both themes, and fits a phone", async ({ page }) => {
  await page.goto("/login");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await look(page);
});
