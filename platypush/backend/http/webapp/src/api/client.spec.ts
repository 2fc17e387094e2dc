import { describe, expect, it, vi } from "vitest";

import { HubError, onSignedOut, request, run, signedIn, UNREACHABLE } from "./client";

function answer(status: number, body: unknown, text = JSON.stringify(body)) {
  const fetch = vi.fn(async () => new Response(status === 204 ? null : text, { status }));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

describe("an action", () => {
  it("gives its output", async () => {
    const fetch = answer(200, { response: { output: [1], errors: [] } });
    expect(await run("light.hue.on", { lights: ["Desk"] })).toEqual([1]);
    const [path, options] = fetch.mock.calls[0] as unknown as [string, RequestInit];
    expect(path).toBe("/execute");
    expect(options.credentials).toBe("same-origin");
    expect(JSON.parse(options.body as string)).toEqual({
      type: "request",
      action: "light.hue.on",
      args: { lights: ["Desk"] },
    });
  });

  it("that fails throws its reason, never nothing", async () => {
    answer(200, { response: { output: null, errors: ["No bridge", "Press the button"] } });
    await expect(run("light.hue.on")).rejects.toThrow("No bridge\nPress the button");
  });
});

describe("a refusal", () => {
  it("has the hub's words, code and details", async () => {
    answer(403, { error: { code: "forbidden", message: "Not with this token", details: { scope: "light.*" } } });
    const error = await request("/api/users").catch((problem: unknown) => problem);
    expect(error).toMatchObject({ message: "Not with this token", code: "forbidden", status: 403 });
    expect((error as HubError).details).toEqual({ scope: "light.*" });
  });

  it("of a server in front is told by its status", async () => {
    answer(502, null, "<html>Bad gateway</html>");
    await expect(request("/health")).rejects.toMatchObject({ code: "http_502" });
  });

  it("because the session is over is told to who wants to know, a wrong password is not", async () => {
    const told = vi.fn();
    const end = onSignedOut(told);
    answer(401, { error: { code: "unauthorized", message: "Sign in" } });
    await expect(request("/api/users")).rejects.toThrow("Sign in");
    await expect(request("/auth", { method: "POST", body: {} })).rejects.toThrow("Sign in");
    end();
    await expect(request("/api/users")).rejects.toThrow("Sign in");
    expect(told).toHaveBeenCalledOnce();
  });
});

describe("a late refusal", () => {
  it("of what was asked before somebody signed in again is no news", async () => {
    const told = vi.fn();
    const end = onSignedOut(told);
    let refuse: (answer: Response) => void = () => undefined;
    vi.stubGlobal("fetch", vi.fn(() => new Promise<Response>((resolve) => (refuse = resolve))));
    const late = request("/api/users");
    signedIn();
    refuse(new Response(JSON.stringify({ error: { code: "unauthorized", message: "Sign in" } }), { status: 401 }));
    await expect(late).rejects.toThrow("Sign in");
    end();
    expect(told).not.toHaveBeenCalled();
  });
});

describe("a hub that is away", () => {
  it("is told apart from one that refuses", async () => {
    vi.stubGlobal("fetch", vi.fn(async () => Promise.reject(new TypeError("fetch failed"))));
    await expect(request("/health")).rejects.toMatchObject({ code: UNREACHABLE });
  });

  it("is no failure when nobody waits any more", async () => {
    const controller = new AbortController();
    vi.stubGlobal("fetch", vi.fn(async () => Promise.reject(new DOMException("aborted", "AbortError"))));
    controller.abort();
    await expect(request("/health", { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
  });
});
