import AxeBuilder from "@axe-core/playwright";

import { expect, PAGES, settled, signedIn, test } from "./hub";

/** What a page does to the eyes of a machine: violations that keep people out. */
async function barriers(page: Parameters<typeof settled>[0]): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`));
}

for (const path of PAGES) {
  for (const theme of ["light", "dark"] as const) {
    signedIn(`${path} keeps nobody out, in the ${theme} theme`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.goto(path);
      await settled(page);
      expect(await barriers(page)).toEqual([]);
    });
  }

  signedIn(`${path} fits a phone that is 360 pixels wide`, async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 640 });
    await page.goto(path);
    await settled(page);
    const wide = await page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      const scrolls = (element: Element | null): boolean =>
        element !== null &&
        element !== document.body &&
        (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
      const beyond = [...document.body.querySelectorAll("*")]
        .filter((element) => element.getBoundingClientRect().right > width + 1 && element.getBoundingClientRect().width > 0 && !scrolls(element.parentElement))
        .map((element) => element.outerHTML.slice(0, 120));
      return { page: document.documentElement.scrollWidth - width, beyond };
    });
    expect(wide).toEqual({ page: 0, beyond: [] });
  });
}

for (const theme of ["light", "dark"] as const) {
  test(`/login keeps nobody out, in the ${theme} theme, and fits a phone`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width: 360, height: 640 });
    await page.goto("/login");
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    expect(await barriers(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });
}
