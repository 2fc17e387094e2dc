/** What a docstring of reStructuredText says: the hub takes those of actions apart, those of procedures come whole. */
export interface Doc {
  text: string;
  summary: string;
  args: Record<string, string>;
  returns: string;
}

const FIELD = /^\s*:(param|parameter|arg|return|returns)(?:\s+([^:]*?))?:\s*/;

/** Takes a docstring apart: its text, what it says of each argument, and what it gives. */
export function readDoc(doc: string): Doc {
  const lines = doc.split("\n");
  const first = lines.findIndex((line) => FIELD.test(line));
  const text = lines.slice(0, first < 0 ? undefined : first).join("\n").trim();
  const read: Doc = { text, summary: text.split("\n")[0] ?? "", args: {}, returns: "" };
  let add: (words: string) => void = () => undefined;
  for (const line of first < 0 ? [] : lines.slice(first)) {
    const [all = "", kind = "", subject = ""] = FIELD.exec(line) ?? [];
    if (kind.startsWith("return")) {
      add = (words) => (read.returns = join(read.returns, words));
    } else if (kind) {
      // `:param int minutes:` has the type before the name.
      const name = subject.split(/\s+/).at(-1) ?? "";
      add = (words) => (read.args[name] = join(read.args[name] ?? "", words));
    } else if (/^\s*:\w/.test(line)) {
      add = () => undefined;
    }
    add(line.slice(all.length).trim());
  }
  return read;
}

function join(before: string, words: string): string {
  return [before, words].filter(Boolean).join(" ");
}
