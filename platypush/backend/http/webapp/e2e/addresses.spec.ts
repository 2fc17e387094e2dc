import { expect, signedIn as test } from "./hub";

test("/plugin/<name> is one panel and nothing else, to be embedded", async ({ page }) => {
  await page.goto("/plugin/light.hue");
  await expect(page.getByRole("switch", { name: /Hall/ })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Main" })).toHaveCount(0);
  await expect(page).toHaveTitle(/Hue lights/);
});

test("an address of older versions leads to the plugin", async ({ page }) => {
  await page.goto("/#tts");
  await expect(page).toHaveURL(/#\/plugins\/tts$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(/speech/i);
});

test("a plugin that is not there, and a page that is not there, say so", async ({ page }) => {
  await page.goto("/#/plugins/light.lamp");
  await expect(page.getByText("This hub has no plugin light.lamp.")).toBeVisible();
  await page.goto("/#/nothing/of/that/name");
  await expect(page.getByRole("heading", { level: 1, name: "There is no such page" })).toBeVisible();
  await page.getByRole("link", { name: "Go to Home" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
});

test("a plugin that failed is shown with its reason", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("main").getByText(/token/).first()).toBeVisible();
  await page.goto("/#/plugins/weather.openweathermap");
  await expect(page.getByRole("main")).toContainText(/token/);
});

test("Back leads back through the pages", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("navigation").getByRole("link", { name: "Execute" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Execute" })).toBeVisible();
  await page.getByRole("navigation").getByRole("link", { name: "Events" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Events" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Execute" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
});
