import { type Page } from "@playwright/test";

import { expect, settled, signedIn as test } from "./hub";

/** Presses Tab until the control with this name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < 80; step += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement | null;
      const labels = element && "labels" in element ? [...((element as HTMLInputElement).labels ?? [])] : [];
      return [element?.getAttribute("aria-label"), ...labels.map((label) => label.innerText), element?.innerText].filter(Boolean).join(" ");
    });
    passed.push(focused.slice(0, 40));
    if (name.test(focused)) {
      const ring = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
      expect(ring, `${focused} shows that it has the focus`).not.toBe("none");
      return;
    }
  }
  throw new Error(`${name} is not reached by Tab: ${passed.join(" | ")}`);
}

test("an action is found and run, and a light switched, without a mouse", async ({ page }) => {
  await page.goto("/");
  await settled(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
  await page.reload();
  await settled(page);
  await tabTo(page, /^Execute$/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Execute" })).toBeFocused();
  await tabTo(page, /Find an action/);
  await page.keyboard.type("good night");
  await tabTo(page, /procedure\.house\.good_night/);
  await page.keyboard.press("Enter");
  await tabTo(page, /^room/);
  await page.keyboard.type("The loft");
  await tabTo(page, /^Run$/);
  await page.keyboard.press("Enter");
  await expect(page.getByText("The loft is dark in 5 minutes")).toBeVisible();

  await page.goto("/#/plugins/light.hue");
  const cellar = page.getByRole("switch", { name: /Cellar/ });
  await expect(cellar).toBeVisible();
  const before = await cellar.isChecked();
  await cellar.focus();
  await page.keyboard.press("Space");
  await expect(cellar).toBeChecked({ checked: !before });
});

test("the settings are changed without a mouse, and a dialog gives the focus back", async ({ page }) => {
  await page.goto("/#/settings/users");
  await settled(page);
  await tabTo(page, /Change password/);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await expect(dialog.locator(":focus")).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "Change password" }).first()).toBeFocused();
});

test("the palette leads to every page", async ({ page }) => {
  await page.goto("/");
  await settled(page);
  await page.keyboard.press("Control+k");
  const search = page.getByRole("dialog").getByRole("combobox").or(page.getByRole("dialog").getByRole("textbox")).first();
  await expect(search).toBeFocused();
  await page.keyboard.type("events");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Events" })).toBeVisible();
});
