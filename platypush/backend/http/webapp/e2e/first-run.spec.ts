import { expect, oneTimeCode, PASSWORD, test, USER, execute, post } from "./hub";

test.describe.configure({ mode: "serial" });

test("an empty hub asks for its first user, and signs that user in", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveURL(/\/register/);
  await page.getByLabel("User name").fill(USER);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("Password again", { exact: true }).fill(PASSWORD);
  const code = page.getByLabel("One-time code");
  if (await code.isVisible()) {
    await code.fill(oneTimeCode());
  }
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
});

test("a wrong password gets one answer, whatever was wrong", async ({ page, watched }) => {
  watched.allow(/status of 401/);
  await page.goto("/#/events");
  await expect(page).toHaveURL(/\/login/);
  const said: string[] = [];
  for (const [name, password] of [
    [USER, "not this one"],
    ["nobody", PASSWORD],
  ] as const) {
    await page.getByLabel("User name").fill(name);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    const alert = page.locator("[role=alert], [aria-invalid=true] ~ *").filter({ hasText: /./ }).first();
    await expect(alert).toBeVisible();
    said.push(await alert.innerText());
  }
  expect(said[0]).toBe(said[1]);
});

test("from signing in to signing out: an action, tokens, an event, sessions, the theme", async ({ page, watched }) => {
  await test.step("sign in, and arrive where one wanted to be", async () => {
    await page.goto("/");
    await page.getByLabel("User name").fill(USER);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
    await expect(page.getByRole("main").getByText("Hue lights").first()).toBeVisible();
  });

  await test.step("find an action and run it", async () => {
    await page.getByRole("navigation").getByRole("link", { name: "Execute" }).click();
    await page.getByLabel("Find an action").fill("good night");
    await page.getByRole("link", { name: /procedure\.house\.good_night/ }).click();
    await page.getByRole("button", { name: "Run" }).click();
    await expect(page.getByText("This is needed.")).toBeVisible();
    await page.getByLabel(/^room/).fill("The hall");
    await page.getByRole("button", { name: "Raw JSON" }).click();
    await expect(page.getByLabel("Arguments (JSON)")).toHaveValue(/"room": "The hall"/);
    await page.getByLabel("Arguments (JSON)").fill('{"room": "The hall", "minutes": 7}');
    await page.getByRole("button", { name: "Form" }).click();
    await expect(page.getByLabel(/^minutes/)).toHaveValue("7");
    await page.getByRole("button", { name: "Run" }).click();
    await expect(page.getByText("The hall is dark in 7 minutes")).toBeVisible();
  });

  await test.step("copy it as a line for the shell", async () => {
    await page.getByRole("button", { name: "Copy as curl" }).click();
    await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
    const line = await page.evaluate(() => navigator.clipboard.readText());
    expect(line).toContain(`${new URL(page.url()).origin}/execute`);
    expect(line).toContain('"action":"procedure.house.good_night"');
    expect(line).toContain("$TOKEN");
  });

  await test.step("an action that fails says why", async () => {
    await page.getByLabel("Find an action").fill("break down");
    await page.getByRole("link", { name: /procedure\.house\.break_down/ }).click();
    await page.getByRole("button", { name: "Run" }).click();
    await expect(page.getByRole("heading", { name: "It failed" })).toBeVisible();
    await expect(page.getByText("The cellar is under water")).toBeVisible();
  });

  await test.step("generate a token and use it", async () => {
    await page.getByRole("navigation").getByRole("link", { name: "Settings" }).click();
    await page.getByRole("link", { name: "Tokens" }).click();
    await page.getByLabel("Your own password").fill(PASSWORD);
    await page.getByLabel(/Valid for days/).fill("1");
    await page.getByRole("button", { name: "Generate", exact: true }).click();
    const token = await page.getByTestId("secret").innerText();
    const answer = await execute(page, "config.get_device_id", {}, token);
    expect((await answer.json()).response.output).toBe("tests");
  });

  await test.step("a named token may do what it may, and nothing once it is revoked", async () => {
    await page.getByLabel("Name", { exact: true }).fill("Door bell");
    await page.getByLabel(/Allowed actions/).fill("procedure.*");
    await page.getByLabel("Expires", { exact: true }).selectOption("30");
    await page.getByRole("button", { name: "Add an API token" }).click();
    const entry = page.getByRole("listitem").filter({ hasText: "Door bell" });
    await expect(entry).toContainText("procedure.*");
    const token = await page.getByTestId("secret").innerText();
    expect((await execute(page, "procedure.house.good_night", { room: "Attic" }, token)).status()).toBe(200);
    expect((await execute(page, "config.get_device_id", {}, token)).status()).toBe(403);
    await entry.getByRole("button", { name: "Revoke" }).click();
    const sure = page.getByRole("dialog").getByRole("button", { name: "Revoke" });
    await sure.or(page.locator("main:not(:has-text('Door bell'))")).first().waitFor();
    if (await sure.isVisible()) {
      await sure.click();
    }
    await expect(entry).toHaveCount(0);
    expect((await execute(page, "procedure.house.good_night", { room: "Attic" }, token)).status()).toBe(401);
  });

  await test.step("watch an event arrive, hold it back, and look into it", async () => {
    await page.getByRole("navigation").getByRole("link", { name: "Events" }).click();
    await expect(page.getByRole("img", { name: "Connected" })).toBeVisible();
    await post(page, "doorbell", { ringing: "twice" });
    const event = page.locator("summary", { hasText: "custom.CustomEvent" });
    await expect(event).toHaveCount(1);
    await event.click();
    await expect(page.getByText('"ringing": "twice"')).toBeVisible();
    await page.getByRole("button", { name: "Run an action on such events" }).click();
    await expect(page.getByRole("dialog")).toContainText('ringing: "twice"');
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Pause" }).click();
    await post(page, "letter");
    await page.getByRole("button", { name: /1 new/ }).click();
    await expect(event).toHaveCount(2);
    await page.getByRole("main").getByRole("searchbox").fill("doorbell");
    await expect(event).toHaveCount(1);
  });

  await test.step("see where one is signed in", async () => {
    await page.goto("/#/settings/sessions");
    await expect(page.getByText("this one")).toHaveCount(1);
    await expect(page.getByRole("main").getByText(/Chrome/).first()).toBeVisible();
    await page.getByRole("button", { name: "Sign out everywhere else" }).click();
    await expect(page.getByText(/^Ended: /)).toBeVisible();
  });

  await test.step("change the theme, which stays", async () => {
    await page.getByRole("link", { name: "Appearance" }).click();
    await page.getByLabel("Dark").check();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect(page.getByLabel("Dark")).toBeChecked();
  });

  await test.step("sign out", async () => {
    watched.allow(/status of 401/);
    const direct = page.getByRole("button", { name: "Sign out" });
    if (!(await direct.isVisible())) {
      await page.getByRole("banner").getByRole("button", { name: new RegExp(USER) }).click();
    }
    await page.getByText("Sign out", { exact: true }).click();
    await expect(page).toHaveURL(/\/login/);
    await page.goto("/");
    await expect(page).toHaveURL(/\/login/);
  });
});
