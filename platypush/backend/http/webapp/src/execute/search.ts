import type { ActionInfo } from "@/composables/usePlugins";

/** How well `text` fits the query: the higher the better, 0 for not at all. Letters may be left out in between. */
export function score(text: string, query: string): number {
  const haystack = text.toLowerCase();
  const needle = query.toLowerCase().trim();
  if (!needle) {
    return 1;
  }
  const at = haystack.indexOf(needle);
  if (at >= 0) {
    const startsWord = at === 0 || /[._\s-]/.test(haystack.charAt(at - 1));
    return 100 - Math.min(at, 40) + (startsWord ? 50 : 0);
  }
  let position = -1;
  for (const letter of needle.replace(/\s+/g, "")) {
    position = haystack.indexOf(letter, position + 1);
    if (position < 0) {
      return 0;
    }
  }
  return 10;
}

/** The actions that fit, the best first: the name counts more than what it does. */
export function searchActions(actions: ActionInfo[], query: string): ActionInfo[] {
  return actions
    .map((action) => ({ action, rank: Math.max(score(action.name, query) * 2, score(action.summary, query) - 15) }))
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank || one.action.name.localeCompare(other.action.name))
    .map(({ action }) => action);
}
