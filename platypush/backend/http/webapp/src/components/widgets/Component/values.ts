import type { DashboardAction } from "@/api/dashboards";

/** Values by name, for `{{ name }}`. */
export type Values = Record<string, unknown>;

const PLACE = /\{\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}\}/g;

/** What is at `a.b.c`; undefined when there is nothing. Only what the value itself holds: nothing inherited. */
export function at(path: string, values: unknown): unknown {
  return path.split(".").reduce<unknown>(
    (value, name) =>
      value !== null && typeof value === "object" && Object.prototype.hasOwnProperty.call(value, name) ? (value as Values)[name] : undefined,
    values,
  );
}

export class NoValue extends Error {
  constructor(readonly path: string) {
    super(path);
  }
}

function isTemplate(value: unknown): value is { text: string; type: string } {
  const keys = value !== null && typeof value === "object" ? Object.keys(value) : [];
  return keys.length === 2 && keys.includes("text") && keys.includes("type");
}

/** An argument with its places filled in: put in as they are, never evaluated. Throws NoValue. */
export function fill(argument: unknown, values: Values): unknown {
  if (!isTemplate(argument)) {
    return argument;
  }
  const { text, type } = argument;
  const only = new RegExp(`^${PLACE.source}$`).exec(text.trim())?.[1];
  const value = (path: string): unknown => {
    const found = at(path, values);
    if (found === undefined) {
      throw new NoValue(path);
    }
    return found;
  };
  if (only && type !== "text") {
    return typed(value(only), type);
  }
  const filled = text.replace(PLACE, (_, path: string) => {
    const found = value(path);
    return found !== null && typeof found === "object" ? JSON.stringify(found) : String(found);
  });
  return typed(filled, type);
}

function typed(value: unknown, type: string): unknown {
  if (type === "number") {
    const number = Number(value);
    if (Number.isNaN(number)) {
      throw new TypeError(`${String(value)} is no number.`);
    }
    return number;
  }
  if (type === "boolean") {
    return truth(value);
  }
  return type === "json" && typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}

/** Whether a value means on: what devices and people call it. */
export function truth(value: unknown): boolean {
  return typeof value === "string" ? ["true", "on", "yes", "1"].includes(value.trim().toLowerCase()) : Boolean(value);
}

export function argumentsOf(action: DashboardAction, values: Values): Values {
  return Object.fromEntries(Object.entries(action.args).map(([name, argument]) => [name, fill(argument, values)]));
}
