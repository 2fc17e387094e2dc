/** What a dashboard showed last, so that a tablet that starts again shows something while the hub is asked. */

export interface Kept<T> {
  /** When it was true, in milliseconds since the epoch. */
  at: number;
  data: T;
}

export interface Cache {
  read: <T>(name: string) => Kept<T> | null;
  write: <T>(name: string, kept: Kept<T>) => void;
  clear: () => void;
}

/** The sign-in page's script removes all that begins with it: whoever signs out leaves nothing behind. */
export const PREFIX = "platypush.kept.";
const LARGEST = 100_000;

/** The cache of one dashboard. Without storage, or when it is full, there is none, and that is no failure. */
export function dashboardCache(dashboard: string, storage: () => Storage = () => localStorage): Cache {
  const key = (name: string) => `${PREFIX}${dashboard}.${name}`;
  return {
    read<T>(name: string) {
      try {
        const text = storage().getItem(key(name));
        return text === null ? null : (JSON.parse(text) as Kept<T>);
      } catch {
        return null;
      }
    },
    write(name, kept) {
      try {
        const text = JSON.stringify(kept);
        if (text.length <= LARGEST) {
          storage().setItem(key(name), text);
        }
      } catch {
        // Full, or switched off: the next start shows nothing until the hub answers.
      }
    },
    clear() {
      try {
        const all = storage();
        for (const name of Object.keys(all)) {
          if (name.startsWith(PREFIX)) {
            all.removeItem(name);
          }
        }
      } catch {
        // Switched off: there is nothing.
      }
    },
  };
}
