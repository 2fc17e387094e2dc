import { bootstrap } from "./bootstrap";
import { EventSocket } from "./events";

/** The page's own socket: shared by everything on it, connected while anything listens. */
export const events = new EventSocket({
  url: async () => (await bootstrap()).websocket_url,
  open: (url) => new WebSocket(url),
  now: () => performance.now(),
  after: (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
});

// A tablet that wakes up, or a phone that comes home, does not wait for the next turn.
addEventListener("online", () => events.retry());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    events.retry();
  }
});
