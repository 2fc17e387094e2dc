import type { HubEvent } from "@/api/events";

const BASE = "platypush.message.event.";
const LONGEST = 120;
const FEW = 3;

/** How an event is called on the page: `light.LightStatusChangeEvent`. */
export function nameOf(event: HubEvent): string {
  return event.args.type.replace(BASE, "");
}

/** What is in an event, in one line: `subtype: doorbell, ringing: twice`. */
export function excerptOf(event: HubEvent): string {
  const { type: _, ...args } = event.args;
  const text = Object.entries(args)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** A hook for events like this one, for config.yaml. JSON's strings and numbers are YAML's too. */
export function hookFor(event: HubEvent): string {
  const { type: _, ...args } = event.args;
  const words = Object.entries(args).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return [
    "event.hook.my_hook:",
    "  if:",
    `    type: ${event.args.type}`,
    ...words.slice(0, FEW).map(([name, value]) => `    ${name}: ${JSON.stringify(value)}`),
    "  then:",
    "    - action: tts.say",
    "      args:",
    `        text: ${JSON.stringify(`${nameOf(event).split(".").at(-1)} happened`)}`,
    "",
  ].join("\n");
}
