/**
 * What panels and widgets of other packages reach the hub by: `import { run, onEvent } from "/assets/hub.js"`.
 * Its names stay; docs/plugins.md describes them.
 */
import type { HubEvent } from "@/api/events";
import { events } from "@/api/socket";

export { bootstrap } from "@/api/bootstrap";
export { HubError, run } from "@/api/client";

/** Calls back with the arguments of each event of a type. Gives a function that ends it. */
export function onEvent(type: string, callback: (args: HubEvent["args"], event: HubEvent) => void): () => void {
  return events.on([type], (event) => callback(event.args, event));
}

/** Calls back with true whenever the connection for events is there (again), and with false when it is lost. */
export function onConnection(callback: (connected: boolean) => void): () => void {
  let was: boolean | null = null;
  return events.watch(({ state }) => {
    const connected = state === "open";
    if (connected !== was && (connected || was !== null)) {
      was = connected;
      callback(connected);
    }
  });
}
