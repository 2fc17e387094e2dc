import { onScopeDispose, shallowReactive, watch } from "vue";

export interface OptimisticOptions<S extends object> {
  /** What the hub says of a thing. Reactive. */
  real: (key: string) => S | undefined;
  /** Reads from the hub what is true, when nothing has said so for too long. */
  reread: () => Promise<unknown>;
  /** Whether what the hub says is what was meant. Default: it is equal. */
  same?: (field: keyof S, real: unknown, meant: unknown) => boolean;
  /** Milliseconds until that happens. */
  patience?: number;
}

interface Guess {
  value: unknown;
  turn: number;
}

interface Lane {
  busy: boolean;
  next: { send: () => Promise<unknown>; done: (failure: unknown) => void } | null;
}

const SUPERSEDED = Symbol("superseded");

/**
 * What is shown while the hub does what it was told: the change at once, until an event says that it came true. A
 * refusal takes it back with the reason; after 10 s without an event the real state is read, and shown whatever it is.
 * Of commands for the same thing one runs at a time, and of those that wait only the last one.
 */
export function useOptimistic<S extends object>({ real, reread, same = (_, one, other) => one === other, patience = 10_000 }: OptimisticOptions<S>) {
  const guesses = shallowReactive(new Map<string, Map<keyof S, Guess>>());
  const problems = shallowReactive(new Map<string, string>());
  const lanes = new Map<string, Lane>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let turns = 0;

  /** Drops guesses that fit; gives whether there were any. */
  function drop(key: string, fits: (guess: Guess, field: keyof S) => boolean): boolean {
    const fields = guesses.get(key);
    const kept = [...(fields ?? [])].filter(([field, guess]) => !fits(guess, field));
    if (!fields || kept.length === fields.size) {
      return false;
    }
    if (kept.length) {
      guesses.set(key, new Map(kept));
    } else {
      guesses.delete(key);
    }
    return true;
  }

  function settle(): void {
    for (const key of [...guesses.keys()]) {
      const state = real(key);
      drop(key, ({ value }, field) => state !== undefined && same(field, state[field], value));
    }
  }

  watch(() => [...guesses.keys()].map(real), settle);
  onScopeDispose(() => timers.forEach(clearTimeout));

  function expectAnswer(keys: readonly string[], turn: number): void {
    const timer = setTimeout(async () => {
      timers.delete(timer);
      const waiting = keys.some((key) => [...(guesses.get(key)?.values() ?? [])].some((guess) => guess.turn === turn));
      if (waiting) {
        // When it cannot be read either, what was known before is shown: the view says that it is stale.
        await reread().catch(() => undefined);
        keys.forEach((key) => drop(key, (guess) => guess.turn === turn));
      }
    }, patience);
    timers.add(timer);
  }

  function inTurn(name: string, send: () => Promise<unknown>): Promise<unknown> {
    const lane = lanes.get(name) ?? { busy: false, next: null };
    lanes.set(name, lane);
    return new Promise((resolve, reject) => {
      const done = (failure: unknown) => (failure === null ? resolve(null) : reject(failure));
      lane.next?.done(SUPERSEDED);
      lane.next = { send, done };
      if (!lane.busy) {
        void drive(lane).then(() => lanes.delete(name));
      }
    });
  }

  async function drive(lane: Lane): Promise<void> {
    lane.busy = true;
    while (lane.next) {
      const { send, done } = lane.next;
      lane.next = null;
      done(await send().then(() => null, (failure: unknown) => failure ?? new Error()));
    }
    lane.busy = false;
  }

  /**
   * Shows `patch` on each of `keys` and runs `send`. Gives whether the hub took it; false also when a later one did.
   * A failure is kept as the problem of each of `blamed`: one of a group is told once.
   */
  async function set(keys: readonly string[], patch: Partial<S>, send: () => Promise<unknown>, blamed: readonly string[] = keys): Promise<boolean> {
    const turn = ++turns;
    const fields = Object.keys(patch) as (keyof S)[];
    for (const key of keys) {
      if (fields.length) {
        guesses.set(key, new Map([...(guesses.get(key) ?? []), ...fields.map((field) => [field, { value: patch[field], turn }] as const)]));
      }
    }
    [...keys, ...blamed].forEach((key) => problems.delete(key));
    expectAnswer(keys, turn);
    try {
      await inTurn([...keys, ...fields].join(), send);
    } catch (failure) {
      if (failure !== SUPERSEDED) {
        keys.forEach((key) => drop(key, (guess) => guess.turn === turn));
        blamed.forEach((key) => problems.set(key, (failure as Error).message));
      }
      return false;
    }
    settle();
    return true;
  }

  return {
    set,
    /** What is shown of a thing: what the hub says, with what is being set on top. */
    view(key: string): S | undefined {
      const state = real(key);
      const fields = guesses.get(key);
      return state && fields ? { ...state, ...Object.fromEntries([...fields].map(([field, { value }]) => [field, value])) } : state;
    },
    pending: (key: string): boolean => guesses.has(key),
    /** Why the last command for it failed. */
    problem: (key: string): string => problems.get(key) ?? "",
    dismiss: (key: string): void => void problems.delete(key),
  };
}
