/** What jsdom lacks of a browser, as far as the headless components ask for it. */
export function completeDom(): void {
  const element = Element.prototype as unknown as Record<string, unknown>;
  const captured = new WeakMap<Element, number>();
  element["setPointerCapture"] = function (this: Element, id: number) {
    captured.set(this, id);
  };
  element["releasePointerCapture"] = function (this: Element) {
    captured.delete(this);
  };
  element["hasPointerCapture"] = function (this: Element, id: number) {
    return captured.get(this) === id;
  };
  element["scrollIntoView"] = () => undefined;
  globalThis.ResizeObserver ??= class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
}
