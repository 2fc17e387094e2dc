import { useEventListener } from "@vueuse/core";
import { shallowRef, watch } from "vue";

const STORED = "platypush.keys";
const NEXT_WITHIN = 1500;
const TYPED_INTO = "input, textarea, select, [contenteditable=true], [role=textbox]";
const CONTROLS = `a, button, summary, video, audio, [role=slider], [role=option], [role=menuitem], ${TYPED_INTO}`;

function stored(): boolean {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    // Storage is switched off in this browser.
    return true;
  }
}

/** Whether single keys do something: people who speak to their computer, or rest on keys, switch them off. */
export const keysEnabled = shallowRef(stored());
watch(keysEnabled, (on) => {
  try {
    localStorage.setItem(STORED, on ? "on" : "off");
  } catch {
    // It holds until the page is closed.
  }
});

/** The Latin sign of a key, where it is on the keyboard when the layout writes others. */
export function signOf({ key, code, shiftKey }: Pick<KeyboardEvent, "key" | "code" | "shiftKey">): string {
  if (key.length !== 1 || /[\x20-\x7e]/.test(key)) {
    return key.toLowerCase();
  }
  return code === "Slash" ? (shiftKey ? "?" : "/") : (/^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? key);
}

/** Whether a key pressed there is meant for the page, and not for a control, a dialog or the browser. */
export function isForPage(event: KeyboardEvent): boolean {
  const at = event.target instanceof Element ? event.target : null;
  return (
    keysEnabled.value &&
    !event.defaultPrevented &&
    !event.ctrlKey &&
    !event.metaKey &&
    !event.altKey &&
    !at?.closest(event.key === " " ? CONTROLS : TYPED_INTO) &&
    !document.querySelector("[role=dialog], [role=menu]")
  );
}

/** Calls what belongs to a key (`?`), or to two of them one after the other (`g h`), for as long as the component lives. */
export function useKeys(keys: Record<string, (() => void) | undefined>): void {
  let first = { sign: "", at: -Infinity };
  useEventListener(window, "keydown", (event: KeyboardEvent) => {
    if (!isForPage(event)) {
      return;
    }
    const sign = signOf(event);
    const both = event.timeStamp - first.at < NEXT_WITHIN ? keys[`${first.sign} ${sign}`] : undefined;
    first = { sign, at: event.timeStamp };
    const call = both ?? keys[sign];
    if (call) {
      event.preventDefault();
      first = { sign: "", at: -Infinity };
      call();
    }
  });
}
