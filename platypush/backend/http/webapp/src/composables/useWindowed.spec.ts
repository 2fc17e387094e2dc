import { mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";

import UiWindowList from "@/components/ui/UiWindowList.vue";
import { completeDom } from "@/testing/dom";

import { visibleRows } from "./useWindowed";

describe("the rows of a long list", () => {
  it("are those on the screen and a few beyond", () => {
    expect(visibleRows(1000, 50, 0, 500, 2)).toEqual({ first: 0, end: 12 });
    expect(visibleRows(1000, 50, -5000, 500, 2)).toEqual({ first: 98, end: 112 });
    expect(visibleRows(1000, 50, -49_900, 500, 2)).toEqual({ first: 996, end: 1000 });
  });

  it("are none while the list is off the screen, and never beyond its ends", () => {
    expect(visibleRows(10, 50, 2000, 500, 2)).toEqual({ first: 0, end: 0 });
    expect(visibleRows(10, 50, -9000, 500, 2)).toEqual({ first: 10, end: 10 });
    expect(visibleRows(0, 50, 0, 500, 2)).toEqual({ first: 0, end: 0 });
  });
});

describe("a list in a page", () => {
  const rows = (count: number) => {
    completeDom();
    return mount(UiWindowList, {
      props: { items: Array.from({ length: count }, (_, index) => `row ${index}`), itemKey: String, rowHeight: 50, label: "Rows" },
      slots: { default: ({ item }: { item: unknown }) => String(item) },
    });
  };

  it("has all of a hundred rows", () => {
    expect(rows(100).findAll("li")).toHaveLength(100);
  });

  it("has only those on the screen of more, is as high as all of them, and says how many there are", () => {
    const list = rows(5000);
    const shown = list.findAll("li");
    expect(shown.length).toBeLessThan(40);
    expect(shown[3]!.attributes()).toMatchObject({ "aria-setsize": "5000", "aria-posinset": "4" });
    const { paddingTop, paddingBottom } = (list.element as HTMLElement).style;
    expect(Number.parseInt(paddingTop) + Number.parseInt(paddingBottom) + shown.length * 50).toBe(5000 * 50);
  });
});
