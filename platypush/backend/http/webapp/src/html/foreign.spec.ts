import { mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";

import UiForeignHtml from "@/components/ui/UiForeignHtml.vue";

import { foreignText, safeUrl } from "./foreign";

async function shown(html: string): Promise<string> {
  const wrapper = mount(UiForeignHtml, { props: { html } });
  await wrapper.vm.$nextTick();
  return (wrapper.element as HTMLElement).innerHTML;
}

describe("HTML of strangers", () => {
  it("keeps what carries the text", async () => {
    expect(await shown("<div><p>A <b>bold</b> word</p><ul><li>one</li></ul></div>")).toBe("<p>A <b>bold</b> word</p><ul><li>one</li></ul>");
  });

  it.each([
    ["<script>alert(1)</script>x", "x"],
    ["<style>*{display:none}</style>x", "x"],
    ["<svg><script>alert(1)</script><a href='javascript:1'>y</a></svg>x", "x"],
    ["<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", ""],
    ["<iframe srcdoc='<script>alert(1)</script>'></iframe>x", "x"],
    ["<form action=//evil><input name=password></form>x", "x"],
    ["<template><p>hidden</p></template>x", "x"],
    ["<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>x", "x"],
    ["<object data=x></object><embed src=x>x", "x"],
    ["<video src=x></video>x", "x"],
  ])("loses what could do something: %s", async (html, text) => {
    const made = await shown(html);
    expect(made.replace(/<[^>]+>|["'>]/g, "")).toBe(text);
    expect(made).not.toMatch(/<(script|style|svg|math|iframe|form|input|img|object|embed|video)/);
  });

  it("has no attributes of strangers", async () => {
    expect(await shown('<p onclick="alert(1)" style="position:fixed" class="dialog" id="content">x</p>')).toBe("<p>x</p>");
  });

  it("leads only to the web, and in a page of its own", async () => {
    expect(await shown('<a href="https://example.org/a" onmouseover=1>a</a>')).toBe(
      '<a href="https://example.org/a" target="_blank" rel="noopener noreferrer nofollow">a</a>',
    );
    for (const href of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "/settings", "vbscript:x"]) {
      expect(await shown(`<a href="${href}">a</a>`)).toBe("a");
    }
    expect(safeUrl("mailto:anna@example.org")).toBe("mailto:anna@example.org");
    expect(safeUrl(null)).toBeNull();
  });

  it("loads no picture of another server but leads to it", async () => {
    expect(await shown('<img src="https://example.org/p.png" alt="A cat">')).toContain(">A cat</a>");
    expect(await shown('<img src="https://example.org/p.png">')).toContain(">example.org</a>");
    expect(await shown('<a href="https://example.org/"><img src="javascript:1" alt="A cat"></a>')).toContain(">A cat</a>");
  });

  it("does not become headings of our page", async () => {
    expect(await shown("<h1>Big</h1>")).toBe('<p class="heading">Big</p>');
  });

  it("nested without end does not fill the stack", async () => {
    expect(await shown("<div>".repeat(200) + "x")).not.toContain("x");
  });

  it("gives its text in one line", () => {
    expect(foreignText("<p>One</p><p>two &amp; <b>th</b>ree</p>\n<script>4</script>")).toBe("One two & three");
  });
});
