/** The order of pictures: all of them once, the last one too, before any comes again; and never the same twice running. */
export class Slides {
  private round: string[] = [];
  private last: string | null = null;
  private broken = new Set<string>();
  private list: string[] = [];

  constructor(private readonly random: () => number = Math.random) {}

  /** The pictures that there are now. What is left of this round goes on; what is gone is left out. */
  set(list: string[]): void {
    const known = new Set(this.list);
    const there = new Set(list);
    this.list = list;
    this.broken.clear();
    this.round = this.round.filter((one) => there.has(one));
    const fresh = known.size ? list.filter((one) => !known.has(one)) : [];
    this.round.push(...this.shuffled(fresh));
  }

  /** One that cannot be shown: it is left out until the list is read anew. */
  skip(broken: string): void {
    this.broken.add(broken);
    this.round = this.round.filter((one) => one !== broken);
  }

  /** One that could not be had just now: it is the next one again. */
  putBack(src: string): void {
    this.round.unshift(src);
  }

  get count(): number {
    return this.list.filter((one) => !this.broken.has(one)).length;
  }

  /** The next one; null when there is none. */
  next(): string | null {
    if (!this.round.length) {
      this.round = this.shuffled(this.list.filter((one) => !this.broken.has(one)));
      if (this.round.length > 1 && this.round[0] === this.last) {
        this.round.push(this.round.shift()!);
      }
    }
    const found = this.round.shift() ?? null;
    this.last = found ?? this.last;
    return found;
  }

  private shuffled(list: string[]): string[] {
    const all = [...list];
    for (let index = all.length - 1; index > 0; index -= 1) {
      const other = Math.floor(this.random() * (index + 1));
      [all[index], all[other]] = [all[other]!, all[index]!];
    }
    return all;
  }
}
