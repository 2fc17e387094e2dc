import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { clockAt, hang, pass, see, settle } from "@/testing/wall";

import Index from "./Index.vue";
import { Parts } from "./parts";

const bytes = (text: string) => new TextEncoder().encode(text);
const part = (text: string) => `--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${text.length}\r\n\r\n${text}\r\n`;

describe("a stream of pictures", () => {
  it("is taken apart wherever it is cut", () => {
    const whole = bytes(part("first") + part("second\r\n\r\nwith blanks") + part("third"));
    for (let cut = 1; cut < whole.length; cut += 1) {
      const parts = new Parts();
      const found = [...parts.push(whole.slice(0, cut)), ...parts.push(whole.slice(cut))];
      expect(found.map(({ data }) => new TextDecoder().decode(data))).toEqual(["first", "second\r\n\r\nwith blanks", "third"]);
    }
  });

  it("without lengths, or that is something else, is refused", () => {
    expect(() => new Parts().push(bytes("--b\r\nContent-Type: image/jpeg\r\n\r\nxx"))).toThrow();
    expect(() => new Parts().push(new Uint8Array(10_000))).toThrow();
  });
});

describe("a camera", () => {
  let send: (text: string) => void;
  let close: () => void;
  let answer: (signal: AbortSignal) => Response | Promise<Response>;
  let asked: string[];
  let made: number;
  let revoked: number;

  beforeEach(() => {
    asked = [];
    made = revoked = 0;
    URL.createObjectURL = () => `blob:${(made += 1)}`;
    URL.revokeObjectURL = () => void (revoked += 1);
    answer = (signal) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          send = (text) => controller.enqueue(bytes(part(text)));
          close = () => controller.close();
          signal.addEventListener("abort", () => controller.error(new DOMException("aborted", "AbortError")));
        },
      });
      return new Response(body, { headers: { "Content-Type": "multipart/x-mixed-replace; boundary=b" } });
    };
    vi.stubGlobal("fetch", async (address: string, options: RequestInit) => {
      asked.push(address);
      return answer(options.signal!);
    });
    clockAt(new Date(2026, 10, 23, 12));
  });
  afterEach(async () => {
    await see(true);
    vi.useRealTimers();
  });

  const film = { src: "/camera/ffmpeg/video", type: "video", name: "Door", refreshSeconds: 10 };
  const still = { ...film, src: "/camera/ffmpeg/photo", type: "image" };
  const state = (page: Awaited<ReturnType<typeof hang>>) => page.get(".camera").attributes("data-state");

  it("connects, is live with its first picture, and shows each new one", async () => {
    const page = await hang(Index, film);
    expect(page.text()).toContain("Connecting");
    send("one");
    await settle();
    expect(state(page)).toBe("live");
    await page.get("img").trigger("load");
    send("two");
    await settle();
    expect(page.get("img").attributes()).toMatchObject({ src: "blob:2", alt: "Door" });
    await page.get("img").trigger("load");
    expect(revoked).toBe(1);
    page.unmount();
    expect(revoked).toBe(made);
  });

  it("leaves pictures out while one is being drawn", async () => {
    const page = await hang(Index, film);
    for (const text of ["a", "b", "c", "d"]) {
      send(text);
      await settle();
    }
    expect(made).toBe(1);
    page.unmount();
  });

  it("is frozen when there was no new picture for 10 s, also when the old one is sent again, and dims it with its time", async () => {
    const page = await hang(Index, film);
    send("one");
    for (let turn = 0; turn < 6; turn += 1) {
      await pass(2000);
      send("one");
    }
    await pass(2000);
    expect(state(page)).toBe("frozen");
    expect(page.text()).toMatch(/No new picture since .*12:00:00/);
    expect(page.get("img").classes()).toContain("dim");
    send("two");
    await settle();
    expect(state(page)).toBe("live");
    page.unmount();
  });

  it("is connected anew when nothing at all comes any more", async () => {
    const page = await hang(Index, film);
    send("one");
    await pass(33_000);
    expect(asked).toHaveLength(2);
    page.unmount();
  });

  it("says why it cannot be seen, and tries again by itself and when asked to", async () => {
    const stream = answer;
    answer = () => new Response(JSON.stringify({ error: { message: "/dev/video0 is busy" } }), { status: 503 });
    const page = await hang(Index, film);
    expect(state(page)).toBe("away");
    expect(page.text()).toContain("/dev/video0 is busy");
    await pass(1000);
    await pass(30_000);
    expect(asked).toHaveLength(3);
    answer = stream;
    await page.get("button").trigger("click");
    await settle();
    send("one");
    await settle();
    expect(state(page)).toBe("live");
    page.unmount();
  });

  it("tells a screen that may not see it from one that is away", async () => {
    answer = () => new Response(JSON.stringify({ error: { message: "This token does not allow camera:ffmpeg" } }), { status: 403 });
    const page = await hang(Index, film);
    expect(state(page)).toBe("forbidden");
    expect(page.text()).toContain("This screen may not see the camera");
    page.unmount();
  });

  it("is opened anew when the hub was restarted, with the last picture meanwhile", async () => {
    const page = await hang(Index, film);
    send("one");
    await settle();
    close();
    await settle();
    expect(page.find("img").exists()).toBe(true);
    await pass(1000);
    expect(asked).toHaveLength(2);
    page.wall.returned();
    await settle();
    expect(asked).toHaveLength(3);
    page.unmount();
  });

  it("is closed while nobody sees it", async () => {
    const page = await hang(Index, film);
    send("one");
    await see(false);
    await pass(120_000);
    expect(asked).toHaveLength(1);
    await see(true);
    expect(asked).toHaveLength(2);
    page.unmount();
  });

  it("of single pictures is asked again and again, and keeps the last one when one fails", async () => {
    answer = () => new Response("x", { headers: { "Content-Type": "image/jpeg" } });
    const page = await hang(Index, still);
    expect(state(page)).toBe("live");
    await page.get("img").trigger("load");
    await pass(10_000);
    expect(asked).toHaveLength(2);
    answer = () => Promise.reject(new TypeError("fetch failed"));
    await page.get("img").trigger("load");
    await pass(10_000);
    expect(state(page)).toBe("away");
    expect(page.get("img").classes()).toContain("dim");
    expect(page.text()).toMatch(/Picture of .*12:00:10/);
    page.unmount();
  });

  it("at another address is an image that is loaded anew, and a film is played", async () => {
    const page = await hang(Index, { ...still, src: "http://cam.lan/shot.jpg?x=1" });
    const first = page.get("img").attributes("src");
    expect(first).toMatch(/^http:\/\/cam\.lan\/shot\.jpg\?x=1&_t=\d+$/);
    await page.get("img").trigger("load");
    expect(state(page)).toBe("live");
    await pass(10_000);
    expect(page.get("img").attributes("src")).not.toBe(first);
    await page.get("img").trigger("error");
    expect(page.text()).toContain("The camera does not answer");
    expect(asked).toEqual([]);
    page.unmount();
    const movie = await hang(Index, { ...film, src: "/resources/films/sea.mp4" });
    expect(movie.get("video").attributes("src")).toBe("/resources/films/sea.mp4");
    movie.unmount();
  });
});
