import { defineConfig } from "@playwright/test";

const results = process.env["PLATYPUSH_RESULTS"] ?? "test-results";

// Journeys through a real hub: `PLATYPUSH_URL`, without users at first; tests/webapp/test_journeys.py starts it.
// One after the other: they share the hub, and some stop it.
export default defineConfig({
  testDir: "e2e",
  outputDir: `${results}/failures`,
  workers: 1,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["line"]],
  use: {
    baseURL: process.env["PLATYPUSH_URL"] ?? "http://127.0.0.1:8008",
    browserName: "chromium",
    headless: true,
    ignoreHTTPSErrors: true,
    locale: "en-GB",
    permissions: ["clipboard-read", "clipboard-write"],
    screenshot: "only-on-failure",
    viewport: { width: 1280, height: 800 },
    actionTimeout: 15_000,
    launchOptions: {
      executablePath: process.env["PLATYPUSH_CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "first-run", testMatch: "first-run.spec.ts" },
    { name: "journeys", testMatch: "*.spec.ts", testIgnore: "first-run.spec.ts", dependencies: ["first-run"] },
  ],
});
