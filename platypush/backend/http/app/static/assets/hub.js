// What panels and widgets of plugins reach the hub by:
//
//   import { run, onEvent, onConnection } from "/assets/hub.js";
//
// The session's cookie goes along by itself; scripts never see it.

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;

export class HubError extends Error {
  constructor(message, code) {
    super(message);
    this.name = "HubError";
    this.code = code;
  }
}

async function fetchJson(path, options = {}) {
  const response = await fetch(path, { ...options, credentials: "same-origin" });
  const text = await response.text();
  const data = text ? JSON.parse(text) : {};
  if (!response.ok) {
    const error = data.error || {};
    throw new HubError(error.message || response.statusText, error.code || String(response.status));
  }
  return data;
}

// Runs an action and gives its output. Throws HubError with the reason.
export async function run(action, args = {}) {
  const { response } = await fetchJson("/execute", {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify({ type: "request", action, args }),
  });
  if (response.errors.length) {
    throw new HubError(response.errors.join("\n"), "action_failed");
  }
  return response.output;
}

// Who is signed in, where the websocket is, which panels and widgets there are.
export function bootstrap() {
  return fetchJson("/api/bootstrap", { headers: { Accept: "application/json" } });
}

class EventSocket {
  constructor() {
    this.listeners = new Set();
    this.watchers = new Set();
    this.connected = false;
    this.pause = FIRST_PAUSE;
    this.socket = null;
    this.timer = null;
  }

  get wanted() {
    return this.listeners.size + this.watchers.size > 0;
  }

  add(set, entry) {
    set.add(entry);
    if (!this.socket && !this.timer) {
      this.open();
    }
    return () => {
      set.delete(entry);
      if (!this.wanted) {
        this.close();
      }
    };
  }

  async open() {
    this.timer = -1;
    try {
      const { websocket_url: url } = await bootstrap();
      this.timer = null;
      if (!url || !this.wanted) {
        return;
      }
      this.socket = new WebSocket(url);
    } catch {
      this.again();
      return;
    }
    this.socket.onopen = () => {
      this.pause = FIRST_PAUSE;
      this.tell(true);
    };
    this.socket.onmessage = ({ data }) => this.hand(JSON.parse(data));
    this.socket.onclose = () => {
      this.socket = null;
      this.tell(false);
      this.again();
    };
  }

  again() {
    this.timer = null;
    if (this.wanted) {
      this.timer = setTimeout(() => this.open(), this.pause * (0.75 + Math.random() / 2));
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    }
  }

  close() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.socket) {
      this.socket.onclose = null;
      this.socket.close();
      this.socket = null;
      this.connected = false;
    }
  }

  tell(connected) {
    if (connected !== this.connected) {
      this.connected = connected;
      this.watchers.forEach((watcher) => watcher(connected));
    }
  }

  hand(message) {
    if (message.type !== "event") {
      return;
    }
    for (const { type, callback } of this.listeners) {
      if (message.args.type === type || message.args.type.endsWith("." + type)) {
        callback(message.args, message);
      }
    }
  }
}

const events = new EventSocket();

// Calls back with the arguments of each event of a type: its full name, or the end of it ("TimerEvent").
// Gives a function that ends it.
export function onEvent(type, callback) {
  return events.add(events.listeners, { type, callback });
}

// Calls back with true whenever the connection for events is there (again), and with false when it is lost. Events
// in between were missed: read the state anew. Gives a function that ends it.
export function onConnection(callback) {
  return events.add(events.watchers, callback);
}
