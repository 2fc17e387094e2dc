/** Takes a stream of pictures (`multipart/x-mixed-replace`, each part with its length) apart. */
export class Parts {
  private rest = new Uint8Array(0);
  private wanted: number | null = null;
  private type = "image/jpeg";

  /** Takes what has come and gives the pictures that are complete now. Throws for what is no such stream. */
  push(chunk: Uint8Array): { type: string; data: Uint8Array }[] {
    const all = new Uint8Array(this.rest.length + chunk.length);
    all.set(this.rest);
    all.set(chunk, this.rest.length);
    this.rest = all;
    const found = [];
    for (;;) {
      if (this.wanted === null && !this.readHead()) {
        break;
      }
      const length = this.wanted!;
      if (this.rest.length < length) {
        break;
      }
      found.push({ type: this.type, data: this.rest.slice(0, length) });
      this.rest = this.rest.slice(length);
      this.wanted = null;
    }
    return found;
  }

  private readHead(): boolean {
    const end = this.endOfHead();
    if (end < 0) {
      if (this.rest.length > 8192) {
        throw new Error("no parts");
      }
      return false;
    }
    const head = new TextDecoder().decode(this.rest.subarray(0, end));
    const length = /^content-length:\s*(\d+)/im.exec(head)?.[1];
    if (length === undefined) {
      throw new Error("parts without a length");
    }
    this.type = /^content-type:\s*([^\s;]+)/im.exec(head)?.[1] ?? "image/jpeg";
    this.wanted = Number(length);
    this.rest = this.rest.slice(end + 4);
    return true;
  }

  private endOfHead(): number {
    const { rest } = this;
    for (let at = 0; at + 3 < rest.length; at += 1) {
      if (rest[at] === 13 && rest[at + 1] === 10 && rest[at + 2] === 13 && rest[at + 3] === 10) {
        return at;
      }
    }
    return -1;
  }
}

/** Whether two pictures are the same, byte by byte: a stream repeats the last one while there is no new one. */
export function same(one: Uint8Array | null, other: Uint8Array): boolean {
  return one !== null && one.length === other.length && one.every((byte, at) => byte === other[at]);
}
