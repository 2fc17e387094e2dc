/** A light's state as the bridge has it; what a light cannot do is not there. docs/integrations/light.hue.md. */
export interface LightState {
  on: boolean;
  /** 1 to 254. */
  bri?: number;
  /** 0 to 65535, once around: red, green at 21845, blue at 43690. */
  hue?: number;
  /** 0 to 254. */
  sat?: number;
  /** Mired: 153 (cold) to 500 (warm). */
  ct?: number;
  xy?: [number, number];
  colormode?: string;
  effect?: string;
  reachable?: boolean;
}

export interface Light {
  id: string;
  name: string;
  type?: string;
  productname?: string;
  modelid?: string;
  state: LightState;
}

export interface LightGroup {
  id: string;
  name: string;
  /** `Room`, `Zone`, `LightGroup`, … */
  type: string;
  lights: string[];
}

export interface LightScene {
  id: string;
  name: string;
  group?: string;
  lights: string[];
}

export interface Animations {
  lights: Record<string, { type: string }>;
  groups: Record<string, { type: string }>;
}

export type LightAnimation = "color_transition" | "blink";

export const LIGHT_CHANGED = "light.LightStatusChangeEvent";
export const ANIMATION_EVENTS = ["light.LightAnimationStartedEvent", "light.LightAnimationStoppedEvent"];
const WATCHED = ["on", "bri", "hue", "sat", "ct", "xy", "reachable"] as const;
export const MAX_BRI = 254;
export const MAX_SAT = 254;
export const MAX_HUE = 65535;
export const CT_RANGE = { coldest: 153, warmest: 500 };

export type Lights = Record<string, Light>;

/** What is known of the lights after an event of one of them: of its state the event has only what changed. */
export function afterEvent(lights: Lights | undefined, args: Record<string, unknown>): Lights | undefined {
  const id = String(args["light_id"] ?? "");
  const light = lights?.[id];
  if (!lights || !light) {
    return lights;
  }
  const changed = Object.fromEntries(WATCHED.filter((key) => args[key] !== undefined).map((key) => [key, args[key]]));
  const mode = "ct" in changed ? { colormode: "ct" } : "hue" in changed || "sat" in changed ? { colormode: "hs" } : {};
  return { ...lights, [id]: { ...light, state: { ...light.state, ...changed, ...mode } as LightState } };
}

/** Rooms first, then zones and other groups, each by name. A group without lights is none. */
export function orderedGroups(groups: Record<string, LightGroup> | undefined): LightGroup[] {
  const rank = ({ type }: LightGroup) => ["Room", "Zone"].indexOf(type) + 1 || 3;
  return Object.values(groups ?? {})
    .filter(({ lights }) => lights.length)
    .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

/** Brightness in per cent: at least 1 for what is on at all. */
export const percentOf = (bri: number): number => Math.max(1, Math.round((bri / MAX_BRI) * 100));
export const briOf = (percent: number): number => Math.max(1, Math.round((percent / 100) * MAX_BRI));
/** Mired and kelvin are each other's reciprocal. */
export const kelvinOf = (mired: number): number => Math.round(1e6 / mired / 50) * 50;

/** Whether a state is what was meant: bridges round. */
export function sameLight(field: keyof LightState, real: unknown, meant: unknown): boolean {
  const tolerance: Partial<Record<keyof LightState, number>> = { bri: 1, sat: 2, hue: 200, ct: 2 };
  return typeof real === "number" && typeof meant === "number" ? Math.abs(real - meant) <= (tolerance[field] ?? 0) : real === meant;
}

/** `#rrggbb` of a hue and a saturation, at full brightness. */
export function colourOf(hue: number, sat: number): string {
  const [turn, share] = [(hue / (MAX_HUE + 1)) * 6, sat / MAX_SAT];
  const part = (shift: number) => {
    const position = (shift + turn) % 6;
    return Math.round(255 * (1 - share * Math.max(0, Math.min(position, 4 - position, 1))));
  };
  return `#${[5, 3, 1].map((shift) => part(shift).toString(16).padStart(2, "0")).join("")}`;
}

/** Hue and saturation of `#rrggbb`. */
export function hueSatOf(colour: string): { hue: number; sat: number } {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];
  const most = Math.max(red, green, blue);
  const spread = most - Math.min(red, green, blue);
  if (!spread) {
    return { hue: 0, sat: 0 };
  }
  const sixth = most === red ? ((green - blue) / spread + 6) % 6 : most === green ? (blue - red) / spread + 2 : (red - green) / spread + 4;
  return { hue: Math.min(MAX_HUE, Math.round((sixth / 6) * (MAX_HUE + 1))), sat: Math.round((spread / most) * MAX_SAT) };
}
