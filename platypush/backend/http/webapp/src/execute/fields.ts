import type { ActionInfo, ArgumentInfo } from "@/composables/usePlugins";

/** How one argument is asked for. */
export interface Field extends ArgumentInfo {
  name: string;
  kind: "text" | "long" | "number" | "boolean" | "choice" | "json";
  choices: string[];
}

interface Schema {
  type?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
}

const LONG = new Set(["text", "message", "content", "body"]);

/** The fields of an action, those that it needs first. */
export function fieldsOf(action: ActionInfo): Field[] {
  const properties = (action.schema as Schema).properties ?? {};
  return Object.entries(action.args)
    .map(([name, argument]) => ({ ...argument, name, ...kindOf(name, properties[name] ?? {}) }))
    .sort((one, other) => Number(other.required) - Number(one.required));
}

function kindOf(name: string, schema: Schema): Pick<Field, "kind" | "choices"> {
  const options = (schema.anyOf ?? [schema]).filter(({ type }) => type !== "null");
  const [only] = options;
  if (options.length !== 1 || !only) {
    return { kind: "json", choices: [] };
  }
  if (only.enum?.every((value) => typeof value === "string")) {
    return { kind: "choice", choices: only.enum as string[] };
  }
  switch (only.type) {
    case "string":
      return { kind: LONG.has(name) ? "long" : "text", choices: [] };
    case "integer":
    case "number":
      return { kind: "number", choices: [] };
    case "boolean":
      return { kind: "boolean", choices: [] };
    default:
      return { kind: "json", choices: [] };
  }
}

/** What a field shows for a value of the arguments. */
export function toText(field: Field, value: unknown): string {
  if (value === undefined) {
    return "";
  }
  return field.kind === "json" || typeof value !== "string" ? JSON.stringify(value) : value;
}

/** The value that a field's text means; undefined for an empty one. Throws SyntaxError for what is no JSON or number. */
export function fromText(field: Field, text: string): unknown {
  if (text === "" && field.kind !== "long") {
    return undefined;
  }
  switch (field.kind) {
    case "number": {
      const value = Number(text.replace(",", "."));
      if (!Number.isFinite(value)) {
        throw new SyntaxError(`${text} is no number`);
      }
      return value;
    }
    case "boolean":
      return text === "true";
    case "json":
      return JSON.parse(text);
    default:
      return text === "" ? undefined : text;
  }
}
