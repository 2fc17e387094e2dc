import { describe, expect, it } from "vitest";

import { afterEvent, briOf, colourOf, hueSatOf, orderedGroups, percentOf, sameLight, type Lights } from "./lights";

describe("colours", () => {
  it.each([
    ["#ff0000", 0, 254],
    ["#00ff00", 21845, 254],
    ["#0000ff", 43691, 254],
    ["#ffffff", 0, 0],
    ["#ff8080", 0, 127],
  ])("%s is hue %i with saturation %i", (colour, hue, sat) => {
    expect(hueSatOf(colour)).toEqual({ hue, sat });
    const back = hueSatOf(colourOf(hue, sat));
    expect(Math.abs(back.sat - sat)).toBeLessThan(3);
    expect(Math.abs(back.hue - hue)).toBeLessThan(200);
  });

  it("survive the way there and back all around", () => {
    for (let hue = 0; hue < 65536; hue += 4096) {
      expect(sameLight("hue", hueSatOf(colourOf(hue, 254)).hue, hue)).toBe(true);
    }
  });
});

describe("brightness", () => {
  it("of a light that is on is never nothing", () => {
    expect([percentOf(1), percentOf(127), percentOf(254)]).toEqual([1, 50, 100]);
    expect([briOf(0), briOf(50), briOf(100)]).toEqual([1, 127, 254]);
  });

  it("may be rounded by the bridge", () => {
    expect(sameLight("bri", 126, 127)).toBe(true);
    expect(sameLight("bri", 120, 127)).toBe(false);
    expect(sameLight("on", false, true)).toBe(false);
  });
});

describe("an event of a light", () => {
  const lights: Lights = { "1": { id: "1", name: "Desk", state: { on: false, bri: 10, ct: 200, colormode: "ct" } } };

  it("changes what it names and nothing else", () => {
    expect(afterEvent(lights, { light_id: "1", on: true })!["1"]!.state).toEqual({ on: true, bri: 10, ct: 200, colormode: "ct" });
    expect(afterEvent(lights, { light_id: "1", hue: 5 })!["1"]!.state.colormode).toBe("hs");
  });

  it("of an unknown light, or before the first answer, changes nothing", () => {
    expect(afterEvent(lights, { light_id: "9", on: true })).toBe(lights);
    expect(afterEvent(undefined, { light_id: "1", on: true })).toBeUndefined();
  });
});

it("groups are rooms first, then zones; empty ones are none", () => {
  const group = (id: string, name: string, type: string, lights = ["1"]) => ({ id, name, type, lights });
  const groups = { a: group("a", "Z", "Room"), b: group("b", "A", "LightGroup"), c: group("c", "B", "Zone"), d: group("d", "C", "Room"), e: group("e", "E", "Room", []) };
  expect(orderedGroups(groups).map(({ id }) => id)).toEqual(["d", "a", "c", "b"]);
  expect(orderedGroups(undefined)).toEqual([]);
});
