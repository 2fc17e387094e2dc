/** Events of the hub, over one websocket for the whole page. */

export interface HubEvent {
  type: "event";
  id: string;
  origin: string | null;
  _timestamp: number;
  args: { type: string } & Record<string, unknown>;
}

/** `off`: the hub has no websocket. `lost`: the next try is at `retryAt` (milliseconds, performance.now). */
export type Connection =
  | { state: "idle" | "connecting" | "open" | "off" }
  | { state: "lost"; since: number; retryAt: number };

export interface Surroundings {
  /** Where the websocket is; null when the hub has none. May fail while the hub is away. */
  url: () => Promise<string | null>;
  open: (url: string) => WebSocket;
  now: () => number;
  after: (milliseconds: number, work: () => void) => () => void;
  random: () => number;
}

type OnEvent = (event: HubEvent) => void;
type OnConnection = (connection: Connection) => void;

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;

/** Whether an event is of a type: its full name, or the end of it (`light.LightStatusChangeEvent`, `MusicPlayEvent`). */
export function isOfType(event: HubEvent, type: string): boolean {
  const full = event.args.type;
  return full === type || full.endsWith(`.${type}`);
}

/** Connects while anybody listens, and never gives up. Pauses grow from 1 s to 30 s, with a quarter of chance in them. */
export class EventSocket {
  private readonly listeners = new Set<{ types: string[] | null; call: OnEvent }>();
  private readonly watchers = new Set<OnConnection>();
  private current: Connection = { state: "idle" };
  private socket: WebSocket | null = null;
  private cancel: (() => void) | null = null;
  private pause = FIRST_PAUSE;
  private turn = 0;

  constructor(private readonly around: Surroundings) {}

  get connection(): Connection {
    return this.current;
  }

  /** Calls back with each event of these types, or with all (null). Gives what ends that. */
  on(types: string[] | null, call: OnEvent): () => void {
    const entry = { types, call };
    this.listeners.add(entry);
    this.begin();
    return () => {
      this.listeners.delete(entry);
      this.endUnlessWanted();
    };
  }

  /** Calls back whenever the connection changes. Once it is `open` again, events were missed: read the state anew. */
  watch(call: OnConnection): () => void {
    this.watchers.add(call);
    this.begin();
    return () => {
      this.watchers.delete(call);
      this.endUnlessWanted();
    };
  }

  /** Tries at once: somebody asked, the machine woke up, or the network changed. */
  retry(): void {
    if (this.current.state === "lost" || this.current.state === "off") {
      this.pause = FIRST_PAUSE;
      void this.connect();
    }
  }

  private begin(): void {
    if (this.current.state === "idle") {
      void this.connect();
    }
  }

  private endUnlessWanted(): void {
    if (this.listeners.size + this.watchers.size === 0) {
      this.turn += 1;
      this.cancel?.();
      this.drop();
      this.current = { state: "idle" };
    }
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private async connect(): Promise<void> {
    const turn = ++this.turn;
    this.cancel?.();
    this.cancel = null;
    this.drop();
    if (this.current.state !== "lost") {
      this.tell({ state: "connecting" });
    }
    let url: string | null;
    try {
      url = await this.around.url();
    } catch {
      this.lose(turn);
      return;
    }
    if (turn !== this.turn) {
      return;
    }
    if (url === null) {
      this.tell({ state: "off" });
      return;
    }
    const socket = this.around.open(url);
    this.socket = socket;
    socket.onopen = () => {
      this.pause = FIRST_PAUSE;
      this.tell({ state: "open" });
    };
    socket.onmessage = ({ data }) => this.hand(String(data));
    socket.onclose = () => this.lose(turn);
  }

  private lose(turn: number): void {
    if (turn !== this.turn) {
      return;
    }
    this.drop();
    const wait = this.pause * (0.75 + this.around.random() / 2);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    const now = this.around.now();
    const since = this.current.state === "lost" ? this.current.since : now;
    this.tell({ state: "lost", since, retryAt: now + wait });
    this.cancel = this.around.after(wait, () => void this.connect());
  }

  private hand(text: string): void {
    const message = JSON.parse(text) as HubEvent;
    if (message.type !== "event") {
      return;
    }
    for (const { types, call } of [...this.listeners]) {
      if (types === null || types.some((type) => isOfType(message, type))) {
        call(message);
      }
    }
  }

  private tell(connection: Connection): void {
    this.current = connection;
    for (const call of [...this.watchers]) {
      call(connection);
    }
  }
}
