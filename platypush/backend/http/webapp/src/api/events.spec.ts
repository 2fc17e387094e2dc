import { beforeEach, describe, expect, it } from "vitest";

import { EventSocket, isOfType, type Connection, type HubEvent } from "./events";

class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;

  close() {
    this.closed = true;
  }
}

/** A clock that tests move, sockets that they open and break, and an address that may be missing. */
class World {
  time = 0;
  url: string | null | Error = "ws://hub/ws/events";
  sockets: FakeSocket[] = [];
  private timers: { at: number; work: () => void }[] = [];

  surroundings() {
    return {
      url: async () => {
        if (this.url instanceof Error) {
          throw this.url;
        }
        return this.url;
      },
      open: () => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      now: () => this.time,
      after: (milliseconds: number, work: () => void) => {
        const timer = { at: this.time + milliseconds, work };
        this.timers.push(timer);
        return () => void (this.timers = this.timers.filter((other) => other !== timer));
      },
      random: () => 0.5,
    };
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  async settle() {
    for (let turn = 0; turn < 5; turn += 1) {
      await Promise.resolve();
    }
  }

  async pass(milliseconds: number) {
    this.time += milliseconds;
    const due = this.timers.filter(({ at }) => at <= this.time);
    this.timers = this.timers.filter(({ at }) => at > this.time);
    due.forEach(({ work }) => work());
    await this.settle();
  }
}

function event(type: string): HubEvent {
  return { type: "event", id: "1", origin: "hub", _timestamp: 0, args: { type } };
}

describe("the socket for events", () => {
  let world: World;
  let events: EventSocket;
  let seen: Connection["state"][];

  beforeEach(async () => {
    world = new World();
    events = new EventSocket(world.surroundings());
    seen = [];
    events.watch(({ state }) => seen.push(state));
    await world.settle();
  });

  it("connects as soon as anybody listens and hands events to whom they are for", () => {
    const heard: string[] = [];
    events.on(["light.LightStatusChangeEvent"], ({ args }) => heard.push(args.type));
    events.on(null, () => heard.push("any"));
    world.socket.onopen?.();
    world.socket.onmessage?.({ data: JSON.stringify(event("platypush.message.event.light.LightStatusChangeEvent")) });
    world.socket.onmessage?.({ data: JSON.stringify(event("platypush.message.event.music.MusicPlayEvent")) });
    world.socket.onmessage?.({ data: JSON.stringify({ type: "response", id: "7" }) });
    expect(heard).toEqual(["platypush.message.event.light.LightStatusChangeEvent", "any", "any"]);
    expect(world.sockets).toHaveLength(1);
    expect(seen).toEqual(["connecting", "open"]);
  });

  it("tries again after pauses that grow to 30 s, and never gives up", async () => {
    const pauses: number[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      world.socket.onclose?.();
      const connection = events.connection;
      if (connection.state !== "lost") {
        throw new Error("not lost");
      }
      pauses.push(connection.retryAt - world.time);
      await world.pass(connection.retryAt - world.time);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    expect(world.sockets).toHaveLength(9);
    expect(seen).not.toContain("open");
  });

  it("begins anew with short pauses once it was connected", async () => {
    world.socket.onclose?.();
    await world.pass(1000);
    world.socket.onopen?.();
    world.socket.onclose?.();
    expect(events.connection).toMatchObject({ state: "lost", retryAt: world.time + 1000 });
  });

  it("remembers since when it is lost", async () => {
    await world.pass(500);
    world.socket.onclose?.();
    await world.pass(1000);
    world.socket.onclose?.();
    expect(events.connection).toMatchObject({ state: "lost", since: 500 });
  });

  it("tries at once when asked to", async () => {
    world.socket.onclose?.();
    events.retry();
    await world.settle();
    expect(world.sockets).toHaveLength(2);
    await world.pass(60_000);
    expect(world.sockets).toHaveLength(2);
  });

  it("says so when the hub has no websocket, and does not try for ever", async () => {
    world.url = null;
    world.socket.onclose?.();
    await world.pass(1000);
    expect(events.connection.state).toBe("off");
    await world.pass(60_000);
    expect(world.sockets).toHaveLength(1);
  });

  it("waits for a hub that is away", async () => {
    world.url = new Error("away");
    world.socket.onclose?.();
    await world.pass(1000);
    expect(events.connection.state).toBe("lost");
    world.url = "ws://hub/";
    await world.pass(2000);
    world.socket.onopen?.();
    expect(seen.at(-1)).toBe("open");
  });

  it("leaves nothing open once nobody listens", async () => {
    const only = new EventSocket(world.surroundings());
    const end = only.on(null, () => undefined);
    await world.settle();
    end();
    expect(world.socket.closed).toBe(true);
    expect(only.connection.state).toBe("idle");
    await world.pass(60_000);
    expect(world.sockets).toHaveLength(2);
  });
});

describe("types of events", () => {
  it("fit by their full name or by the end of it", () => {
    const play = event("platypush.message.event.music.MusicPlayEvent");
    expect(isOfType(play, "platypush.message.event.music.MusicPlayEvent")).toBe(true);
    expect(isOfType(play, "music.MusicPlayEvent")).toBe(true);
    expect(isOfType(play, "MusicPlayEvent")).toBe(true);
    expect(isOfType(play, "PlayEvent")).toBe(false);
  });
});
