import type { ActionInfo, ArgumentInfo } from "@/composables/usePlugins";

/** How one argument is asked for. */
export interface Field extends ArgumentInfo {
  name: string;
  /** `mixed`: text among others, or nothing is known of it. What reads as JSON of another type that fits is that. */
  kind: "text" | "long" | "number" | "boolean" | "choice" | "json" | "mixed";
  choices: string[];
  /** The types of JSON that fit a `mixed` one; none where nothing is known of it. */
  types: string[];
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

function kindOf(name: string, schema: Schema): Pick<Field, "kind" | "choices" | "types"> {
  const options = (schema.anyOf ?? [schema]).filter(({ type }) => type !== "null");
  const types = options.map(({ type }) => type ?? "").filter(Boolean);
  const other: ReturnType<typeof kindOf> = {
    kind: types.includes("string") || !types.length ? "mixed" : "json",
    choices: [],
    types,
  };
  const [only] = options;
  if (options.length !== 1 || !only) {
    return other;
  }
  if (only.enum?.every((value) => typeof value === "string")) {
    return { kind: "choice", choices: only.enum as string[], types };
  }
  switch (only.type) {
    case "string":
      return { kind: LONG.has(name) ? "long" : "text", choices: [], types };
    case "integer":
    case "number":
      return { kind: "number", choices: [], types };
    case "boolean":
      return { kind: "boolean", choices: [], types };
    default:
      return other;
  }
}

/** Whether a value is of one of these types of JSON schema. */
function fits(value: unknown, types: string[]): boolean {
  const type = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  return !types.length || types.includes(type) || (type === "number" && types.includes("integer"));
}

function mixed(field: Field, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return fits(value, field.types) ? value : text;
  } catch {
    return text;
  }
}

/** What a field shows for a value of the arguments. */
export function toText(field: Field, value: unknown): string {
  if (value === undefined) {
    return "";
  }
  if (typeof value !== "string" || field.kind === "json") {
    return JSON.stringify(value);
  }
  return field.kind === "mixed" && mixed(field, value) !== value ? JSON.stringify(value) : value;
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
    case "mixed":
      return mixed(field, text);
    default:
      return text === "" ? undefined : text;
  }
}
