import { expect, execute, hub, PASSWORD, post, signedIn as test, test as anybody, USER } from "./hub";

test("a session that ends leads to a dialog, and what was typed is still there", async ({ page, watched }) => {
  watched.allow(/status of 401/);
  await page.goto("/#/execute/procedure.house.good_night");
  await page.getByLabel(/^room/).fill("The winter garden");
  // Somebody signs this browser out elsewhere.
  const sessions = await (await page.request.get("/api/sessions")).json();
  const own = sessions.sessions.find((session: { current: boolean }) => session.current);
  const ended = await page.request.delete(`/api/sessions/${own.id}`, { headers: { "Content-Type": "application/json" } });
  expect(ended.ok(), await ended.text()).toBe(true);
  await page.getByRole("button", { name: "Run" }).click();
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await expect(dialog).toBeVisible();
  await expect(dialog.getByLabel("User")).toHaveValue(USER);
  await dialog.getByLabel("Password").fill("a wrong one");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  await dialog.getByLabel("Password").fill(PASSWORD);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByLabel(/^room/)).toHaveValue("The winter garden");
  await page.getByRole("button", { name: "Run" }).click();
  await expect(page.getByText("The winter garden is dark in 5 minutes")).toBeVisible();
});

test("a hub that is stopped is missed, and caught up with when it is back, without loading the page again", async ({
  page,
  watched,
}) => {
  test.setTimeout(120_000);
  watched.allow(/Failed to load resource|WebSocket connection|ERR_/);
  await page.goto("/#/plugins/light.hue");
  const hall = page.getByRole("switch", { name: /Hall/ });
  await expect(hall).toBeVisible();
  await expect(page.getByRole("img", { name: "Connected" })).toBeVisible();
  await page.evaluate(() => Object.assign(window, { sameAsBefore: true }));
  const before = await hall.isChecked();
  await hub(page, "stop");
  await expect(page.getByText(/The hub does not answer/)).toBeVisible();
  await expect(hall).toBeVisible();
  await hub(page, "start");
  const changed = await execute(page, before ? "light.hue.off" : "light.hue.on", { lights: "Hall" });
  expect((await changed.json()).response.errors).toEqual([]);
  await page.getByRole("button", { name: "Try now" }).click({ timeout: 2000 }).catch(() => undefined);
  await expect(page.getByText(/The hub does not answer/)).toBeHidden({ timeout: 45_000 });
  await expect(page.getByRole("img", { name: "Connected" })).toBeVisible();
  await expect(hall).toBeChecked({ checked: !before });
  expect(await page.evaluate(() => "sameAsBefore" in window)).toBe(true);
  await page.goto("/#/events");
  await post(page, "after-all");
  await expect(page.locator("summary", { hasText: "custom.CustomEvent" })).toHaveCount(1);
});

anybody("the page that was asked for is there after signing in", async ({ page }) => {
  await page.goto("/plugin/light.hue");
  await expect(page).toHaveURL(/\/login/);
  await page.getByLabel("User name").fill(USER);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/plugin\/light\.hue(#\/)?$/);
});
